"""The section on subjects: Table 1, the flow of recordings, and what so many people can show."""

from collections.abc import Mapping, Sequence

from pipeline.corpora.characteristics import ALL, COLUMNS
from pipeline.experiments.outcome import Outcome
from pipeline.png import png_bytes
from pipeline.records.labels import PARTITIONS
from pipeline.report.blocks import Picture, Section, Table
from pipeline.report.corpus import is_drawn
from pipeline.report.flow_figure import DPI, draw_flow
from pipeline.report.near_twins import near_twins_table
from pipeline.report.outputs import rows_of
from pipeline.report.sample_size import visible_from_errors, visible_from_interval
from pipeline.scoring import flow

CHARACTERISTICS, FLOW = "data/corpus/characteristics.csv", "results/flow.csv"
PARTS = (*PARTITIONS, ALL)
CORRELATIONS = (0.5, 0.8, 0.95)  # of the errors of two models: unlike, alike, and nearly the same
COUNTS = {  # of Table 1, by the names in characteristics.csv
    "subjects": "subjects",
    "sessions": "sessions",
    "videos": "videos",
    "videos_without_score": "videos without a score",
}
STEPS = {  # of the flow, by the names in flow.csv
    "listed": "listed",
    "unscored": "left out: no score",
    "broken": "left out: cannot be read",
    "without_face": "left out: no face in any frame",
    "without_clip": "left out: too few frames with a face in a row",
    "fitted": "used for fitting",
    "validated": "used for validation",
    "tested": "used for testing",
}
FEW = (
    "The tables name nobody, but a count below five can tell who somebody is: look for such counts before this page is "
    "given away."
)

Cells = Mapping[str, Mapping[str, str]]  # by row and column


def section_subjects(main: Outcome) -> Section:
    """Return the section on subjects; tables that the experiment has not are left out."""
    blocks: list[Table | Picture | Section] = [
        *_characteristics(main),
        *_flow(main),
        *near_twins_table(main),
        *_sample_size(main),
    ]
    missing = (
        []
        if main.experiment.text(CHARACTERISTICS)
        else [
            "Who is in the corpus is not known: the tables of this experiment are not in DVC's cache, or it is older."
        ]
    )
    few = [] if is_drawn(main.params) else [FEW]  # who is drawn is nobody
    return Section("subjects", "Subjects and sample size", [*missing, *few], blocks)


def _characteristics(main: Outcome) -> list[Table]:
    """Return Table 1."""
    table = rows_of(main, CHARACTERISTICS, COLUMNS)
    if table is None:
        return []
    cells = {row["characteristic"]: row for row in table}
    rows = [[words, *_row(cells, name)] for name, words in COUNTS.items()]
    rows[1:1] = [_shared(cells, part) for part in PARTS[:-1]]
    rows += _minutes(main)
    if "score_mean" in cells:
        rows.append(["score of a session: mean (standard deviation)", *_joined(cells, "score", "{mean} ({sd})")])
        quartiles = "{median} ({first_quartile} to {third_quartile})"
        rows.append(["score: median (quartiles)", *_joined(cells, "score", quartiles)])
        rows.append(["score: lowest to highest", *_joined(cells, "score", "{lowest} to {highest}")])
    rows += [
        [f"sessions, {band.name} ({band.low} to {band.high})", *_row(cells, f"band_{band.name}")]
        for band in main.scale.bands
    ]
    rows += [[f"subjects, sex {name[4:]}", *_row(cells, name)] for name in cells if name.startswith("sex_")]
    if "age_mean" in cells:
        rows.append(["age: mean (standard deviation)", *_joined(cells, "age", "{mean} ({sd})")])
        rows.append(["age: lowest to highest", *_joined(cells, "age", "{lowest} to {highest}")])
    notes = [
        "TRIPOD+AI, items 20b and 20c. A session is one visit with one questionnaire, whatever its number of videos. A "
        "person in several partitions counts once in the last column."
    ]
    return [Table("Table 1: subjects by partition", ["characteristic", *PARTS], rows, notes, "characteristics")]


def _shared(cells: Cells, partition: str) -> list[str]:
    """Return how many people of each other partition are in this one, too."""
    row = cells[f"subjects_in_{partition}"]
    return [f"of them also in {partition}", *("" if part in (partition, PARTS[-1]) else row[part] for part in PARTS)]


def _row(cells: Cells, name: str) -> list[str]:
    return [cells[name][part] for part in PARTS]


def _joined(cells: Cells, prefix: str, form: str) -> list[str]:
    """Fill the form with the characteristics of each partition whose names begin with the prefix; empty if unknown."""
    texts = []
    for part in PARTS:
        own = {name.removeprefix(f"{prefix}_"): row[part] for name, row in cells.items() if name.startswith(prefix)}
        values = {name: _rounded(name, cell) for name, cell in own.items()}
        text = form.format(**values).removesuffix(" ()")  # a single value has no standard deviation
        texts.append(text if any(map(str.isdigit, text)) else "")
    return texts


def _rounded(name: str, cell: str) -> str:
    """Return a number as it is shown: means and deviations with one decimal, others as short as they can be."""
    return cell and f"{float(cell):{'.1f' if name in ('mean', 'sd') else 'g'}}"


def read_flow(main: Outcome) -> dict[tuple[str, str], tuple[int, int, float]]:
    """Return (recordings, subjects, minutes) by partition and step; empty if the experiment has no flow."""
    return {
        (row["partition"], row["step"]): (int(row["recordings"]), int(row["subjects"]), float(row["minutes"]))
        for row in rows_of(main, FLOW, flow.COLUMNS) or []
    }


def _minutes(main: Outcome) -> list[list[str]]:
    steps = read_flow(main)
    return [["minutes that can be read", *(f"{steps[part, 'listed'][2]:,.1f}" for part in PARTS)]] if steps else []


def _flow(main: Outcome) -> list[Table | Picture]:
    """Return the flow of recordings as a figure and as a table."""
    steps = read_flow(main)
    if not steps:
        return []
    rows = [
        [words, *(f"{steps[part, step][0]:,} ({steps[part, step][1]:,})" for part in PARTS)]
        for step, words in STEPS.items()
    ]
    notes = [
        "TRIPOD+AI, item 20a. A test recording without a face or without enough frames counts in the metrics with the "
        "constant, as if the model had said nothing; all other recordings that are left out are in no number."
    ]
    counts = {step: steps[ALL, step][:2] for step in STEPS}
    alt = "Boxes from the listed recordings to the used ones, with what is left out at each step, as in the table."
    caption = "Flow of recordings: recordings (people)"
    return [
        Picture(png_bytes(lambda: draw_flow(counts, STEPS), DPI), alt, caption, "flow_figure"),
        Table(caption, ["step", *PARTS], rows, notes, "flow"),
    ]


def _sample_size(main: Outcome) -> list[Table]:
    """Return what difference of two RMSEs could be seen with as many subjects as are tested."""
    rmse, difference = (main.intervals.get(("all", name, "rmse")) for name in ("model", "difference"))
    if rmse is None or rmse.subjects < 2 or not rmse.interval.value:
        return []
    rows: list[Sequence[str]] = []
    low, high = rmse.interval.low, rmse.interval.high
    if low is not None and high is not None:
        rows.append(["width of the 95 % interval of RMSE", f"{high - low:.2f}"])
    if difference and difference.interval.low is not None and difference.interval.high is not None:
        ends = difference.interval.low, difference.interval.high
        rows.append(["visible difference to the constant", f"{visible_from_interval(*ends, rmse.subjects):.2f}"])
    rows += [
        [
            f"visible difference of two models whose errors correlate at {correlation:g}",
            f"{visible_from_errors(rmse.interval.value, correlation, rmse.subjects):.2f}",
        ]
        for correlation in CORRELATIONS
    ]
    notes = [
        "TRIPOD+AI, item 10. Visible: a true difference of RMSE of this size, on the same videos, is found four times "
        "out of five by a test of 5 %. The first is from this run's own paired errors; the others assume normal errors "
        "as large as this model's, and one for each person. A smaller difference may be real and not be seen, so no "
        "evidence of a difference is no evidence of none. Other seeds of the training are not in these numbers."
    ]
    return [Table(f"What {rmse.subjects} test subjects can show (points)", ["", "points"], rows, notes, "sample_size")]
