"""The scores of a model: with intervals, by part, beside what knows nothing of faces, and where it is most wrong."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.experiments.estimates import Estimate, read_estimates
from pipeline.experiments.outcome import Outcome
from pipeline.records.recordings import read_recordings
from pipeline.report.blocks import Picture, Section, Table
from pipeline.report.paper import beside, interval
from pipeline.scoring.bands import BANDS, band_of
from pipeline.scoring.intervals import Interval

RECORDINGS = "data/corpus/recordings.csv"
WORST = 10  # videos that are listed
FIRST = ("rmse", "mae", "pcc", "ccc", "kappa", "spread")
NAMES = {
    "rmse": "RMSE",
    "mae": "MAE",
    "pcc": "r",
    "ccc": "CCC",
    "kappa": "weighted kappa",
    "spread": "ratio of spreads",
}
PICTURES = (  # file, alt, caption
    (
        "figure5.png",
        "Scatter of estimated against true BDI-II score, a point for each test video, over shaded severity bands, with "
        "the line of equality and the constant; the figures are in the table of scores.",
        "Figure 5: estimate against truth over the test videos",
    ),
    (
        "error.png",
        "Error of each test video against its true score, with its trend: how far estimates are drawn to the mean.",
        "Error against score",
    ),
    (
        "curves.png",
        "Estimates of the clips of a few videos over their time, beside the video's estimate and its score.",
        "Estimates over time, of videos chosen by their scores alone",
    ),
    ("confusion.png", "Counts of true against estimated severity band, as in the table of bands.", "Severity bands"),
)
MISSING = "Not in this experiment: it was made before there was such an output, or DVC's cache has lost it."


def section_scores(main: Outcome) -> Section:
    """The scores of the test partition."""
    told = [
        "Over videos of the test partition, in points of BDI-II where a figure has a unit; in brackets 95 % intervals "
        "by bootstrap over subjects, for videos of one person are no independent draws."
    ]
    if not main.intervals:
        told.append("There are no intervals: DVC's cache has no results of this experiment.")
    blocks: list[Table | Picture | Section] = [
        beside(main),
        _by_part(main),
        _others(main),
        *_bands(main),
        *pictures(main),
        *_conformal(main),
    ]
    return Section("scores", "Scores", told, [*blocks, *_worst(main)])


def pictures(main: Outcome) -> list[Picture]:
    """The figures of stage evaluate that an experiment has; none of them names a recording."""
    found = [(main.experiment.content(f"results/{name}"), alt, caption) for name, alt, caption in PICTURES]
    return [Picture(content, alt, caption) for content, alt, caption in found if content]


def subgroups(main: Outcome) -> Table:
    """The error by part of the test partition, for the model card."""
    rows = [
        [part, *_counts(main, part), _figure(main, part, "rmse"), _figure(main, part, "mae")] for part in _parts(main)
    ]
    headings = ["part", "videos", "subjects", "RMSE", "MAE"]
    return Table("Errors by subgroup", headings, rows, [] if rows else [MISSING])


def _by_part(main: Outcome) -> Table:
    known = {figure for _, of, figure in main.intervals if of == "model"} or set(main.metrics)
    figures = [name for name in FIRST if name in known]
    figures += sorted(name for name in known - set(FIRST) if "called" in name)
    parts = _parts(main) or ["all"]
    rows = [[part, *_counts(main, part), *(_figure(main, part, name) for name in figures)] for part in parts]
    notes = ["A ratio of spreads below 1: estimates vary less than scores, they are drawn to the mean."]
    headings = ["part", "videos", "subjects", *(NAMES.get(name, name) for name in figures)]
    return Table("Scores of the model", headings, rows, notes if "spread" in figures else [])


def _others(main: Outcome) -> Table:
    others = list(dict.fromkeys(of for _, of, _ in main.intervals if of != "model")) or ["constant"]
    rows = [[part, *(_figure(main, part, "rmse", of) for of in ("model", *others))] for part in _parts(main) or ["all"]]
    notes = [
        "Constant and median: one estimate for all. Look-up: the mean fitted score of the same subject, else the "
        "constant; it knows people and reads no face. Difference: the model minus the constant; an interval below 0 "
        "says that the model knows more."
    ]
    return Table("RMSE beside what reads no face", ["part", "model", *others], rows, notes)


def _bands(main: Outcome) -> list[Table]:
    estimates = _estimates(main)
    if not estimates:
        return []
    names = [band.name for band in BANDS]
    pairs = [(band_of(item.bdi).name, band_of(item.estimate).name) for item in estimates]
    rows = [[truth, *(str(pairs.count((truth, called))) for called in names)] for truth in names]
    headings = ["true band", *(f"called {name}" for name in names)]
    return [Table("Videos by true and estimated severity band", headings, rows)]


def _worst(main: Outcome) -> list[Table]:
    """The videos with the largest errors, by opaque ids that only those who hold the corpus can resolve."""
    estimates = sorted(_estimates(main), key=lambda item: -abs(item.estimate - item.bdi))[:WORST]
    known = _opaque(main)
    if not estimates or not known:
        return []
    rows = [
        [
            known.get(item.recording, "?"),
            band_of(item.bdi).name,
            band_of(item.estimate).name,
            f"{item.estimate - item.bdi:+.1f}",
        ]
        for item in estimates
    ]
    notes = [
        "An id is the beginning of the video's SHA-256: data/corpus/recordings.csv resolves it for those who hold it."
    ]
    headings = ["video", "true band", "estimated band", "error in points"]
    return [Table(f"The {len(rows)} largest errors", headings, rows, notes)]


def _conformal(main: Outcome) -> list[Table]:
    """The conformal intervals, as evaluate wrote them, where there is a validation part."""
    rows = list(csv.reader(io.StringIO(main.experiment.text("results/conformal.csv") or "")))
    if len(rows) < 2 or "recording" in rows[0]:
        return []
    headings = [name.replace("_", " ") for name in rows[0]]
    return [Table("Split-conformal intervals, from the validation part", headings, rows[1:])]


def _estimates(main: Outcome) -> Sequence[Estimate]:
    try:
        return read_estimates(main.experiment)
    except ValueError:
        return []


def _opaque(main: Outcome) -> dict[str, str]:
    content = main.experiment.content(RECORDINGS)
    if content is None:
        return {}
    with TemporaryDirectory() as folder:
        path = Path(folder, "recordings.csv")
        path.write_bytes(content)
        return {item.recording: item.opaque for item in read_recordings(path)}


def _parts(main: Outcome) -> list[str]:
    return list(dict.fromkeys(part for part, _, _ in main.intervals))


def _counts(main: Outcome, part: str) -> list[str]:
    found = main.intervals.get((part, "model", "rmse"))
    return [str(found.videos), str(found.subjects)] if found else [str(main.metrics.get("videos", "")), ""]


def _figure(main: Outcome, part: str, figure: str, of: str = "model") -> str:
    found: Interval | None = main.score(figure, part, of)
    if found is None:
        return ""
    return f"{found.value:.0f}" if "called" in figure else interval(found)
