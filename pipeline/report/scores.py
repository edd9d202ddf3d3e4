"""The section on a model's metrics: with intervals, by subgroup, beside baselines, and the largest errors."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.experiments.outcome import Outcome
from pipeline.records.predictions import ScoredEstimate
from pipeline.records.recordings import read_recordings
from pipeline.report import interval_method
from pipeline.report.baselines import baseline_tables, is_of_baseline
from pipeline.report.blocks import Picture, Section, Table
from pipeline.report.outputs import result_figures
from pipeline.report.paper import format_metric, msn_comparison
from pipeline.report.scale import has_scale_of_paper
from pipeline.statistics.interval import Interval, format_count

RECORDINGS = "data/corpus/recordings.csv"
MAX_WORST = 10  # videos in the list of the largest errors
FIRST_METRICS = ("rmse", "mae", "pcc", "ccc", "kappa", "spread")
METRIC_NAMES = {
    "rmse": "RMSE",
    "mae": "MAE",
    "pcc": "r",
    "ccc": "CCC",
    "kappa": "weighted kappa",
    "spread": "ratio of spreads",
}
FIGURES = (  # file, alternative text, caption
    (
        "figure5.png",
        "Scatter plot of estimated against true score, a point for each test video, over shaded severity bands, "
        "with the line of equality and the constant; the numbers are in the table of metrics.",
        "Figure 5: estimate against true score of the test videos",
    ),
    (
        "error.png",
        "Error of each test video against its true score, with the trend, which shows how far estimates are shrunk to "
        "the mean.",
        "Error against true score",
    ),
    (
        "curves.png",
        "Estimates of the clips of a few videos over time, beside the video's estimate and its true score.",
        "Estimates over time, of videos chosen by their true scores alone",
    ),
    ("confusion.png", "Counts of true against estimated severity band, as in the table of bands.", "Severity bands"),
)
MISSING = "Not in this experiment: it is older than this output, or the output is no longer in DVC's cache."


def section_scores(main: Outcome) -> Section:
    """Return the section on the metrics of the test partition."""
    paragraphs = [
        f"Over videos of the test partition; metrics with a unit are in points of {main.scale.name}. "
        f"{interval_method.SHORT}"
    ]
    if not main.intervals:
        paragraphs.append("There are no intervals: the results of this experiment are not in DVC's cache.")
    blocks: list[Table | Picture | Section] = [
        *([msn_comparison(main)] if has_scale_of_paper(main.scale) else []),
        _subgroup_metrics(main),
        _baselines(main),
        *baseline_tables(main),
        *_bands(main),
        *result_figures(main, FIGURES),
        *_conformal(main),
    ]
    return Section("scores", "Scores", paragraphs, [*blocks, *_largest_errors(main)])


def subgroups(main: Outcome) -> Table:
    """Return the errors by subgroup of the test partition, for the model card."""
    rows = [
        [part, *_counts(main, part), _metric_cell(main, part, "rmse"), _metric_cell(main, part, "mae")]
        for part in _parts(main)
    ]
    headings = ["subgroup", "videos", "subjects", "RMSE", "MAE"]
    return Table("Errors by subgroup", headings, rows, [] if rows else [MISSING], "subgroups")


def _subgroup_metrics(main: Outcome) -> Table:
    """Return all metrics of the model by subgroup."""
    available = {metric for _, estimator, metric in main.intervals if estimator == "model"} or set(main.metrics)
    metrics = [name for name in FIRST_METRICS if name in available]
    metrics += sorted(name for name in available - set(FIRST_METRICS) if "called" in name)
    parts = _parts(main) or ["all"]
    rows = [[part, *_counts(main, part), *(_metric_cell(main, part, name) for name in metrics)] for part in parts]
    notes = [
        "A calibrated model has a ratio of spreads that equals r: what a video does not tell is not in its estimate."
    ]
    headings = ["subgroup", "videos", "subjects", *(METRIC_NAMES.get(name, name) for name in metrics)]
    return Table("Scores of the model", headings, rows, notes if "spread" in metrics else [], "scores")


def _baselines(main: Outcome) -> Table:
    """Return the RMSE of the model beside that of the baselines, by subgroup."""
    estimators = dict.fromkeys(estimator for _, estimator, _ in main.intervals if estimator != "model")
    baselines = [estimator for estimator in estimators if not is_of_baseline(estimator)] or ["constant"]
    rows = [
        [part, *(_metric_cell(main, part, "rmse", estimator) for estimator in ("model", *baselines))]
        for part in _parts(main) or ["all"]
    ]
    notes = [
        "Constant and median: one estimate for all videos. Look-up: the mean score of the same subject's fitted "
        "videos, else the constant; it uses the identity and no face. Difference: the model minus the constant; an "
        "interval below 0 says that the model is better."
    ]
    return Table("RMSE beside baselines that use no face", ["subgroup", "model", *baselines], rows, notes, "baselines")


def _bands(main: Outcome) -> list[Table]:
    """Return the counts of true against estimated severity band."""
    estimates = _read_estimates(main)
    if not estimates:
        return []
    names, band_of = [band.name for band in main.scale.bands], main.scale.band_of
    pairs = [(band_of(item.score).name, band_of(item.estimate).name) for item in estimates]
    rows = [[truth, *(str(pairs.count((truth, estimated))) for estimated in names)] for truth in names]
    headings = ["true band", *(f"called {name}" for name in names)]
    return [Table("Videos by true and estimated severity band", headings, rows, reading="bands")]


def _largest_errors(main: Outcome) -> list[Table]:
    """Return the videos with the largest errors, by opaque ids that only holders of the corpus can resolve."""
    estimates = sorted(_read_estimates(main), key=lambda item: -abs(item.estimate - item.score))[:MAX_WORST]
    opaque_ids, band_of = _opaque_ids(main), main.scale.band_of
    if not estimates or not opaque_ids:
        return []
    rows = [
        [
            opaque_ids.get(item.recording, "?"),
            band_of(item.score).name,
            band_of(item.estimate).name,
            f"{item.estimate - item.score:+.1f}",
        ]
        for item in estimates
    ]
    notes = [
        "An id is the beginning of the video's SHA-256; holders of the corpus find it in data/corpus/recordings.csv."
    ]
    headings = ["video", "true band", "estimated band", "error in points"]
    return [Table(f"The {len(rows)} largest errors", headings, rows, notes, "largest_errors")]


def _conformal(main: Outcome) -> list[Table]:
    """Return the conformal intervals that stage evaluate wrote, if there are validation videos."""
    rows = list(csv.reader(io.StringIO(main.experiment.text("results/conformal.csv") or "")))
    if len(rows) < 2 or "recording" in rows[0]:
        return []
    headings = [name.replace("_", " ") for name in rows[0]]
    notes = [
        "The score of a video lies within the half-width of its estimate with at least the probability of the level, "
        "on average over the people of the promise, and for nobody else. Calibrated on one error of each validated "
        "subject; coverage: of the test videos of such people."
    ]
    caption = "Split-conformal intervals, from the validation videos"
    return [Table(caption, headings, rows[1:], notes, reading="conformal")]


def _read_estimates(main: Outcome) -> Sequence[ScoredEstimate]:
    """Return the estimates of an experiment; none if they cannot be read."""
    try:
        return main.estimates
    except ValueError:
        return []


def _opaque_ids(main: Outcome) -> dict[str, str]:
    """Return the opaque id of each recording; none if the table of recordings is not in DVC's cache."""
    content = main.experiment.content(RECORDINGS)
    if content is None:
        return {}
    with TemporaryDirectory() as folder:
        path = Path(folder, "recordings.csv")
        path.write_bytes(content)
        return {item.recording: item.opaque for item in read_recordings(path)}


def _parts(main: Outcome) -> list[str]:
    """Return the names of the subgroups."""
    return list(dict.fromkeys(part for part, _, _ in main.intervals))


def _counts(main: Outcome, part: str) -> list[str]:
    """Return the cells with the numbers of videos and subjects in a subgroup."""
    rmse = main.intervals.get((part, "model", "rmse"))
    return [str(rmse.videos), str(rmse.subjects)] if rmse else [str(main.metrics.get("videos", "")), ""]


def _metric_cell(main: Outcome, part: str, name: str, estimator: str = "model") -> str:
    """Return the cell of a metric, with its interval."""
    metric: Interval | None = main.metric(name, part, estimator)
    if metric is None:
        return ""
    return format_count(metric) if "called" in name else format_metric(metric)
