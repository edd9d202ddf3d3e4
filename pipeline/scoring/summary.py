"""The figures of a model beside the constant: few for metrics.json, all of them with intervals for a table."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from pipeline.scoring.gaps import Gaps
from pipeline.scoring.intervals import Interval, Rows, Statistic, intervals
from pipeline.scoring.metrics import ERRORS, FIGURES, Figure, Scores
from pipeline.scoring.predictions import Prediction
from pipeline.work.tables import write_rows

COLUMNS = ("part", "of", "figure", "videos", "subjects", "value", "low", "high")
DECIMALS = 4
PARTS: dict[str, Callable[[Prediction], bool]] = {
    "all": lambda item: True,
    "seen": lambda item: item.seen,
    "unseen": lambda item: not item.seen,
}


@dataclass(frozen=True)
class Summary:
    """Figures over the videos of one part of what is scored.

    Attributes:
        part: all, seen or unseen: whose videos, by whether the subject was seen in fitting.
        videos: how many.
        subjects: how many.
        figures: with their intervals, by what they are of (model, constant, or the difference model minus constant)
            and their name (rmse, mae; of the model pcc and ccc as well, as far as they are defined).
    """

    part: str
    videos: int
    subjects: int
    figures: Mapping[tuple[str, str], Interval]


def summarise(predictions: Sequence[Prediction], constant: float, resamples: int, seed: int) -> list[Summary]:
    """Score predictions: all of them, and apart those of subjects seen and not seen in fitting.

    Args:
        predictions: those without a score are passed over.
        constant: what the model is compared with: one estimate for all videos.
        resamples: of the bootstrap over subjects.
        seed: of its draws.

    Returns:
        A summary for each part that has a video.
    """
    scored = [item for item in predictions if item.bdi is not None]
    parts = {name: [item for item in scored if belongs(item)] for name, belongs in PARTS.items()}
    return [_summary(name, part, constant, resamples, seed) for name, part in parts.items() if part]


def _summary(name: str, part: Sequence[Prediction], constant: float, resamples: int, seed: int) -> Summary:
    truth, estimate = scores(part)
    same = np.full_like(truth, constant)
    statistics = {("model", figure): _on(of, truth, estimate) for figure, of in FIGURES.items()}
    statistics |= {("constant", figure): _on(of, truth, same) for figure, of in ERRORS.items()}
    statistics |= {
        ("difference", figure): _minus(statistics["model", figure], statistics["constant", figure]) for figure in ERRORS
    }
    subjects = [item.subject for item in part]
    return Summary(name, len(part), len(set(subjects)), intervals(statistics, subjects, resamples, seed))


def scores(predictions: Sequence[Prediction]) -> tuple[Scores, Scores]:
    """(truth, estimate) of the predictions that have a score."""
    pairs = [(item.bdi, item.estimate) for item in predictions if item.bdi is not None]
    truth, estimate = np.array(pairs, np.float64).reshape(-1, 2).T
    return truth, estimate


def _on(figure: Figure, truth: Scores, estimate: Scores) -> Statistic:
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
        [part.part, of, figure, part.videos, part.subjects, *map(_cell, (found.value, found.low, found.high))]
        for part in summaries
        for (of, figure), found in part.figures.items()
    ]
    write_rows(path, COLUMNS, rows)


def write_metrics(path: Path, summaries: Sequence[Summary], gaps: Gaps) -> None:
    """Write the few figures that `dvc metrics` compares; the file appears whole or not at all.

    Args:
        path: of the JSON file.
        summaries: of which the one of all videos is written.
        gaps: what the figures do not rest on.
    """
    whole = next((part for part in summaries if part.part == "all"), Summary("all", 0, 0, {}))
    found: dict[str, dict[str, float]] = {"model": {}, "constant": {}, "difference": {}}
    for (of, figure), interval in whole.figures.items():
        found[of][figure] = round(interval.value, DECIMALS)
    metrics: dict[str, object] = {**found["model"], "videos": whole.videos, "constant": found["constant"]}
    metrics |= asdict(gaps)
    partial = path.with_name(path.name + ".partial")
    partial.write_text(json.dumps(metrics, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    os.replace(partial, path)


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:z.{DECIMALS}f}"
