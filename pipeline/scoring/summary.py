"""Metrics of a model and of the estimators of labels alone: all in intervals.csv, a selection in metrics.json."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from pipeline.estimators.labels_alone import LABEL_ESTIMATORS, REFERENCE
from pipeline.records.baseline_estimates import BASELINES
from pipeline.records.tables import write_rows
from pipeline.runtime.atomic import write_text_atomically
from pipeline.scoring.metrics import ERRORS, metrics_of
from pipeline.scoring.missing import MissingCounts
from pipeline.scoring.prediction_tables import Prediction
from pipeline.scoring.subgroups import MODEL, Subgroup
from pipeline.severity.scale import SeverityScale
from pipeline.statistics.interval import Interval
from pipeline.statistics.statistic import Metric, Scores, difference, intervals

# Of intervals.csv; the estimator may be a difference of two.
COLUMNS = ("subgroup", "estimator", "metric", "videos", "subjects", "value", "low", "high")
DECIMALS = 4
SELECTED_METRICS = ("rmse", "mae", "pcc", "ccc", "kappa")  # of the model, in metrics.json


@dataclass(frozen=True)
class Summary:
    """Metrics over the videos of one subgroup.

    Attributes:
        subgroup: its name.
        videos: number of videos (of pairs: number of sessions).
        subjects: number of subjects.
        metrics: with their intervals, by (estimator or difference, name): all metrics of the model, and the errors of
            the others and of differences, as far as they are defined.
    """

    subgroup: str
    videos: int
    subjects: int
    metrics: Mapping[tuple[str, str], Interval]


def summarise(subgroups: Sequence[Subgroup], scale: SeverityScale) -> list[Summary]:
    """Compute the metrics of every subgroup, with their intervals over subjects, on the scale of the scores."""
    return [
        Summary(
            subgroup.name,
            len(subgroup.truth),
            len(set(subgroup.subjects)),
            _metrics_with_intervals(subgroup, metrics_of(scale)),
        )
        for subgroup in subgroups
    ]


def _metrics_with_intervals(subgroup: Subgroup, of_model: Mapping[str, Metric]) -> dict[tuple[str, str], Interval]:
    statistics = {
        (estimator, name): metric.of(subgroup.truth, subgroup.estimates[estimator])
        for estimator in subgroup.estimates
        for name, metric in (of_model if estimator == MODEL else ERRORS).items()
    }
    for other in (estimator for estimator in subgroup.estimates if estimator != MODEL):
        for name in ERRORS:
            statistics[difference_to(other), name] = difference(statistics[MODEL, name], statistics[other, name])
            if other in BASELINES:
                statistics[gain_of(other), name] = difference(statistics[other, name], statistics[REFERENCE, name])
    return intervals(statistics, subgroup.subjects)


def difference_to(estimator: str) -> str:
    """Return the name of the difference between the model and an estimator of labels alone, on the same videos."""
    return "difference" if estimator == REFERENCE else f"difference to {estimator}"


def gain_of(baseline: str) -> str:
    """Return the name of the difference between a baseline that sees no behaviour and the constant, likewise."""
    return f"{baseline} minus {REFERENCE}"


def truth_and_estimate(predictions: Sequence[Prediction]) -> tuple[Scores, Scores]:
    """Return the scores and the estimates of the predictions that have a score, as two arrays."""
    pairs = [(item.score, item.estimate) for item in predictions if item.score is not None]
    truth, estimate = np.array(pairs, np.float64).reshape(-1, 2).T
    return truth, estimate


def write_intervals(path: Path, summaries: Sequence[Summary]) -> None:
    """Write one row per subgroup, estimator or difference, and metric."""
    rows = [
        [
            summary.subgroup,
            estimator,
            name,
            summary.videos,
            summary.subjects,
            *map(format_cell, (interval.value, interval.low, interval.high)),
        ]
        for summary in summaries
        for (estimator, name), interval in summary.metrics.items()
    ]
    write_rows(path, COLUMNS, rows)


def write_metrics(
    path: Path,
    summaries: Sequence[Summary],
    validated: Sequence[Prediction],
    missing: MissingCounts,
    control: str = "",
    cut: Mapping[str, object] | None = None,
) -> None:
    """Write the metrics that `dvc metrics` compares; the file is replaced atomically.

    Args:
        path: of the JSON file.
        summaries: those of all videos and of unseen subjects are written.
        validated: predictions of the validated recordings; if empty, there are no validation metrics.
        missing: counts of missing faces and recordings.
        control: what was taken from the model, in words, so that nobody takes a control for a result; empty if nothing.
        cut: the measures at `corpus.cut`; None without a cut.
    """
    by_subgroup = {summary.subgroup: summary for summary in summaries}
    overall, unseen = (by_subgroup.get(name, Summary(name, 0, 0, {})) for name in ("all", "unseen"))
    metrics: dict[str, object] = {**_values(overall, MODEL, SELECTED_METRICS), "videos": overall.videos}
    metrics |= {
        estimator: _values(overall, estimator, ERRORS)
        for estimator, kind in LABEL_ESTIMATORS.items()
        if kind.is_headline
    }
    metrics |= {name: values for name in BASELINES if (values := _values(overall, name, ERRORS))}
    metrics["unseen"] = {**_values(unseen, MODEL, ERRORS), "videos": unseen.videos}
    if validated:
        errors = {name: metric(*truth_and_estimate(validated)) for name, metric in ERRORS.items()}
        rounded = {name: round(value, DECIMALS) for name, value in errors.items() if value is not None}
        metrics["validation"] = {**rounded, "videos": len(validated)}
    if cut:
        metrics["cut"] = cut
    metrics |= asdict(missing)
    if control:
        metrics["control"] = control
    write_text_atomically(path, json.dumps(metrics, indent=2, allow_nan=False) + "\n")


def _values(summary: Summary, estimator: str, names: Sequence[str] | Mapping[str, Metric]) -> dict[str, float]:
    """Return the defined ones of the named metrics of an estimator, rounded."""
    defined = {name: summary.metrics[estimator, name] for name in names if (estimator, name) in summary.metrics}
    return {name: round(interval.value, DECIMALS) for name, interval in defined.items()}


def format_cell(value: float | None) -> str:
    """Format a number as a cell of a table; None is an empty cell."""
    return "" if value is None else f"{value:z.{DECIMALS}f}"
