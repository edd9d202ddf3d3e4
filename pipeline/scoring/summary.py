"""The figures of a model beside those of estimates without one: few for metrics.json, all in a table."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from pipeline.records.tables import write_rows
from pipeline.runtime.atomic import write_text_atomically
from pipeline.scoring.intervals import Interval, Rows, Statistic, intervals
from pipeline.scoring.metrics import ERRORS, METRICS, Metric, Scores
from pipeline.scoring.missing import MissingCounts
from pipeline.scoring.predictions import Prediction
from pipeline.scoring.subgroups import CONSTANT, ESTIMATORS, LOOKUP, MODEL, Subgroup

COLUMNS = ("part", "of", "figure", "videos", "subjects", "value", "low", "high")
DECIMALS = 4
DIFFERENCES = {"difference": CONSTANT, "difference to lookup": LOOKUP}  # model minus which, on the same videos
PLAIN = ("rmse", "mae", "pcc", "ccc", "kappa")  # of the model, in metrics.json


@dataclass(frozen=True)
class Summary:
    """Figures over the videos of one part of what is scored.

    Attributes:
        part: its name.
        videos: how many (of pairs: how many sessions).
        subjects: how many.
        figures: with their intervals, by what they are of (an estimator, or a difference) and their name: all of the
            model, errors of the others, as far as they are defined.
    """

    part: str
    videos: int
    subjects: int
    figures: Mapping[tuple[str, str], Interval]


def summarise(parts: Sequence[Subgroup], resamples: int, seed: int) -> list[Summary]:
    """Score every part.

    Args:
        parts: see `pipeline.scoring.subgroups`.
        resamples: of the bootstrap over subjects.
        seed: of its draws.
    """
    return [
        Summary(part.name, len(part.truth), len(set(part.subjects)), _figures(part, resamples, seed)) for part in parts
    ]


def _figures(part: Subgroup, resamples: int, seed: int) -> dict[tuple[str, str], Interval]:
    statistics = {
        (of, name): _on(figure, part.truth, part.estimates[of])
        for of in ESTIMATORS
        for name, figure in (METRICS if of == MODEL else ERRORS).items()
    }
    for of, other in DIFFERENCES.items():
        for name in ERRORS:
            statistics[of, name] = _minus(statistics[MODEL, name], statistics[other, name])
    return intervals(statistics, part.subjects, resamples, seed)


def scores(predictions: Sequence[Prediction]) -> tuple[Scores, Scores]:
    """(truth, estimate) of the predictions that have a score."""
    pairs = [(item.bdi, item.estimate) for item in predictions if item.bdi is not None]
    truth, estimate = np.array(pairs, np.float64).reshape(-1, 2).T
    return truth, estimate


def _on(figure: Metric, truth: Scores, estimate: Scores) -> Statistic:
    def of(rows: Rows) -> float | None:
        return figure(truth[rows], estimate[rows])

    return of


def _minus(first: Statistic, second: Statistic) -> Statistic:
    def of(rows: Rows) -> float | None:
        one, other = first(rows), second(rows)
        return None if one is None or other is None else one - other

    return of


def write_intervals(path: Path, summaries: Sequence[Summary]) -> None:
    """Write one row a figure and part."""
    rows = [
        [part.part, of, figure, part.videos, part.subjects, *map(cell, (found.value, found.low, found.high))]
        for part in summaries
        for (of, figure), found in part.figures.items()
    ]
    write_rows(path, COLUMNS, rows)


def write_metrics(
    path: Path, summaries: Sequence[Summary], validated: Sequence[Prediction], gaps: MissingCounts
) -> None:
    """Write the few figures that `dvc metrics` compares; the file appears whole or not at all.

    Args:
        path: of the JSON file.
        summaries: of which those of all videos and of unseen subjects are written.
        validated: estimates of what was measured while fitting; without any there are no figures of it.
        gaps: what the figures do not rest on.
    """
    found = {part.part: part for part in summaries}
    whole, unseen = (found.get(name, Summary(name, 0, 0, {})) for name in ("all", "unseen"))
    metrics: dict[str, object] = {**_values(whole, MODEL, PLAIN), "videos": whole.videos}
    metrics |= {of: _values(whole, of, ERRORS) for of in (CONSTANT, LOOKUP)}
    metrics["unseen"] = {**_values(unseen, MODEL, ERRORS), "videos": unseen.videos}
    if validated:
        errors = {name: figure(*scores(validated)) for name, figure in ERRORS.items()}
        plain = {name: round(value, DECIMALS) for name, value in errors.items() if value is not None}
        metrics["validation"] = {**plain, "videos": len(validated)}
    metrics |= asdict(gaps)
    write_text_atomically(path, json.dumps(metrics, indent=2, allow_nan=False) + "\n")


def _values(part: Summary, of: str, names: Sequence[str] | Mapping[str, Metric]) -> dict[str, float]:
    found = {name: part.figures[of, name] for name in names if (of, name) in part.figures}
    return {name: round(interval.value, DECIMALS) for name, interval in found.items()}


def cell(value: float | None) -> str:
    """A number as tables have it; nothing where there is none."""
    return "" if value is None else f"{value:z.{DECIMALS}f}"
