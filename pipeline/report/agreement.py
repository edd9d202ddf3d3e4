"""The section on agreement: calibration, limits of agreement, bands as a test, and differences between groups."""

from pipeline.experiments.outcome import Outcome
from pipeline.report.blocks import Picture, Section, Table
from pipeline.report.outputs import result_figures, rows_of
from pipeline.report.paper import format_metric
from pipeline.scoring import cut, cutoffs, group_differences
from pipeline.scoring.subgroups import ALL_SEEN_UNSEEN
from pipeline.statistics.interval import Interval, format_interval

METRICS = {
    "calibration slope": "slope",
    "calibration intercept": "intercept",
    "spread": "ratio of spreads",
    "pcc": "r",
    "bias": "mean error",
    "lower limit of agreement": "lower limit",
    "upper limit of agreement": "upper limit",
}
NAMES = {"auroc": "AUROC"}  # of measures at the cut
FIGURES = (  # file, alternative text, caption
    (
        "calibration.png",
        "Score against estimate of each test video, with the regression of scores on estimates, its band, and the line "
        "of equality; slope and intercept are in the table beside it.",
        "Calibration: the mean score of people with an estimate",
    ),
    (
        "agreement.png",
        "Estimate minus score of each test video against the mean of both, with the mean difference and the limits of "
        "agreement, which are in the table beside it.",
        "Limits of agreement (Bland and Altman)",
    ),
)


def section_agreement(main: Outcome) -> Section | None:
    """Return the section; None for an experiment that is older than these results or has no intervals."""
    blocks: list[Table | Picture | Section] = [
        *_measures(main),
        *result_figures(main, FIGURES),
        *_cut(main),
        *_cutoffs(main),
        *_groups(main),
    ]
    paragraphs = [
        "What an estimate is worth for one person. A calibrated model has slope 1 and intercept 0; its estimates vary "
        "less than the scores, by the factor r, because what a video does not tell is not in the estimate. Shrinkage "
        "is a fault only where the ratio of spreads is below r, so that the slope is above 1."
    ]
    return Section("agreement", "Calibration and agreement", paragraphs, blocks) if blocks else None


def _measures(main: Outcome) -> list[Table]:
    names = {name: title for name, title in METRICS.items() if ("all", "model", name) in main.intervals}
    parts = [part for part in ALL_SEEN_UNSEEN if (part, "model", "calibration slope") in main.intervals]
    if not parts:
        return []
    rows = [[part, *(format_metric(main.metric(name, part)) for name in names)] for part in parts]
    notes = [
        "Mean error and limits are in points, estimate minus score. Of 100 estimates 95 lie within the limits, if "
        "differences are normal."
    ]
    return [
        Table("Calibration and limits of agreement", ["subgroup", *names.values()], rows, notes, "agreement_measures")
    ]


def _cutoffs(main: Outcome) -> list[Table]:
    """Return one table: a row for each cut and measure, a column for each subgroup."""
    rows = rows_of(main, "results/cutoffs.csv", cutoffs.COLUMNS) or []
    parts = [part for part in ALL_SEEN_UNSEEN if any(row["subgroup"] == part for row in rows)]
    cells: dict[tuple[str, str, str], dict[str, str]] = {}
    for row in rows:
        key = row["band"], row["cut"], row["measure"]
        cells.setdefault(key, {})[row["subgroup"]] = f"{_interval(row, 'value')}, {row['videos']} videos"
    table = [
        [f"{band} or above ({cut})", measure, *(values.get(part, "") for part in parts)]
        for (band, cut, measure), values in cells.items()
    ]
    notes = [
        "Each share with its exact 95 % interval (Clopper and Pearson, for as many independent videos as the videos of "
        "these subjects are worth). Predictive values hold where as many people are in the band as here; in the "
        "general population there are fewer, and a positive call is more often wrong. A band is no diagnosis."
    ]
    return (
        [Table("Estimates as a test for a band", ["score", "measure", *parts], table, notes, "cutoffs")]
        if table
        else []
    )


def _cut(main: Outcome) -> list[Table]:
    """Return the measures at `corpus.cut`: a row for each, a column for each subgroup; none without a cut."""
    rows = rows_of(main, "results/cut.csv", cut.COLUMNS) or []
    parts = [part for part in ALL_SEEN_UNSEEN if any(row["subgroup"] == part for row in rows)]
    cells = {(row["measure"], row["subgroup"]): f"{_interval(row, 'value')}, {row['videos']} videos" for row in rows}
    names = [name for name in cut.MEASURES if any((name, part) in cells for part in parts)]
    table = [[NAMES.get(name, name), *(cells.get((name, part), "") for part in parts)] for name in names]
    notes = [
        "AUROC: how often a positive video has the higher estimate of a pair; 0.5 is chance (interval: DeLong for "
        "clustered data, on the logit scale). Balanced accuracy: the mean of sensitivity and specificity. A cut that "
        "is chosen by these results is better on them than on anyone else. A cut is no diagnosis."
    ]
    caption = f"Estimates as a test for {main.scale.name} from {rows[0]['cut']} on" if rows else ""
    return [Table(caption, ["measure", *parts], table, notes, "cut")] if table else []


def _groups(main: Outcome) -> list[Table]:
    rows = rows_of(main, "results/group_differences.csv", group_differences.COLUMNS) or []
    table = [
        [
            row["group"],
            row["others"],
            row["metric"].upper() if row["metric"] != "bias" else "mean error",
            f"{row['group_subjects']}",
            f"{row['others_subjects']}",
            _interval(row, "difference"),
        ]
        for row in rows
    ]
    looked_at = sum(bool(row["low"]) for row in rows)
    notes = [
        f"Each group minus the others of its kind, in points. These are {looked_at} intervals, and none is widened for "
        f"that: without any difference {looked_at * 0.05:.1f} of them are expected to exclude 0."
    ]
    headings = ["group", "others", "metric", "subjects", "subjects of the others", "difference"]
    return [Table("Differences between groups", headings, table, notes, "group_differences")] if table else []


def _interval(row: dict[str, str], value: str) -> str:
    low, high = row["low"], row["high"]
    ends = (float(low), float(high)) if low and high else (None, None)
    return format_interval(Interval(float(row[value]), *ends))
