"""The report on baselines that see no behaviour: a notice at the top of the page, and tables in the scores."""

from pipeline.baselines.tables import WEIGHT_COLUMNS
from pipeline.experiments.outcome import Outcome
from pipeline.records.baseline_estimates import BASELINES
from pipeline.report.blocks import Notice, Table
from pipeline.report.outputs import rows_of
from pipeline.report.paper import format_metric
from pipeline.scoring.baselines import compare_baselines, describe
from pipeline.scoring.subgroups import ALL_SEEN_UNSEEN
from pipeline.scoring.summary import difference_to, gain_of
from pipeline.statistics.interval import Interval

WEIGHTS = "data/baselines/weights.csv"
NAMES = {"metadata": "metadata", "file_size": "metadata and file size", "one_frame": "one frame"}


def baseline_notices(main: Outcome) -> list[Notice]:
    """Return what baselines that see no behaviour say against the result; empty if they say nothing against it."""
    return [Notice(sentence) for sentence in describe(compare_baselines(_rmse(main, "all")))]


def baseline_tables(main: Outcome) -> list[Table]:
    """Return the errors of the baselines by subgroup, and what those of the file rest on; none if there are none."""
    rows = [
        [NAMES[item.baseline], part, *map(format_metric, (item.rmse, item.to_constant, item.of_model))]
        for part in ALL_SEEN_UNSEEN
        for item in compare_baselines(_rmse(main, part))
    ]
    if not rows:
        return []
    headings = ["baseline", "subgroup", "RMSE", "minus the constant's", "model's minus it"]
    notes = [
        "Ridge regressions, fitted to the recordings that the model is fitted to.",
        "Metadata: duration, frame rate, brightness, sharpness, sizes of the picture and of the face, share of frames "
        "with a face. File size: its bytes per second and per pixel. One frame: the texture of the middle face.",
    ]
    return [Table("RMSE of baselines that see no behaviour", headings, rows, notes, "one_frame"), *_weights(main)]


def is_of_baseline(estimator: str) -> bool:
    """Whether an estimator or difference of intervals.csv is one of the baselines that see no behaviour."""
    return any(estimator in (name, difference_to(name), gain_of(name)) for name in BASELINES)


def _weights(main: Outcome) -> list[Table]:
    rows = rows_of(main, WEIGHTS, WEIGHT_COLUMNS)
    if rows is None:
        return []
    weights: dict[str, dict[str, str]] = {}
    for row in rows:
        weights.setdefault(row["measure"], {})[row["baseline"]] = f"{float(row['weight']):+z.2f}"
    baselines = list(dict.fromkeys(name for own in weights.values() for name in own))
    cells = [
        [measure.replace("_", " "), *(own.get(name, "") for name in baselines)] for measure, own in weights.items()
    ]
    notes = ["Points by which the estimate changes when the measure is one standard deviation larger."]
    caption = "What the estimates from the video file rest on"
    return [Table(caption, ["measure", *(NAMES.get(name, name) for name in baselines)], cells, notes, "weights")]


def _rmse(main: Outcome, part: str) -> dict[str, Interval]:
    return {
        estimator: metric.interval
        for (subgroup, estimator, name), metric in main.intervals.items()
        if (subgroup, name) == (part, "rmse")
    }
