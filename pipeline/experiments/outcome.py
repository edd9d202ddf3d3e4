"""What an experiment came to: its parameters, scores with intervals, cost and validation, patiently read.

An older experiment lacks what later stages write; then the figure is None, and a table says so.
"""

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from pipeline.experiments.repository import Experiment
from pipeline.scoring.intervals import Interval

PARAMS, METRICS, COMPLEXITY = "params.yaml", "metrics.json", "complexity.json"
INTERVALS, DESCRIPTION = "results/intervals.csv", "models/finetuned/description.json"


@dataclass(frozen=True)
class Scored:
    """A figure of one part of the test partition.

    Attributes:
        interval: the figure, in points or without unit, with its 95 % interval over subjects.
        videos: how many it is over.
        subjects: of how many people.
    """

    interval: Interval
    videos: int
    subjects: int


@dataclass(frozen=True)
class Outcome:
    """What is known of an experiment.

    Attributes:
        experiment: which.
        params: the content of its params.yaml.
        metrics: of its metrics.json; empty where it has none.
        complexity: of its complexity.json, likewise.
        intervals: by part, what it is of, and figure, as in results/intervals.csv; empty where DVC's cache lacks it.
        validation: RMSE of the weights that were kept, on videos kept out of fitting, in points; None without any.
            Stage evaluate's, or where it is older the one that the training chose its epoch by.
        description: of the fine-tuned model; empty where DVC's cache lacks it.
    """

    experiment: Experiment
    params: Mapping[str, Any]
    metrics: Mapping[str, Any]
    complexity: Mapping[str, Any]
    intervals: Mapping[tuple[str, str, str], Scored]
    validation: float | None
    description: Mapping[str, Any]

    def score(self, figure: str, part: str = "all", of: str = "model") -> Interval | None:
        """A figure with its interval; without one where only metrics.json is left; None where there is neither."""
        if found := self.intervals.get((part, of, figure)):
            return found.interval
        values = self.metrics
        for name in [name for name, usual in ((part, "all"), (of, "model")) if name != usual]:
            values = values.get(name) or {}
        if isinstance(value := values.get(figure), int | float):
            return Interval(float(value), None, None)
        return None


def read_outcome(experiment: Experiment) -> Outcome:
    """Read what an experiment left.

    Raises:
        ValueError: where it has no parameters, so that it is no run of this pipeline, or a file holds no numbers.
    """
    params = experiment.text(PARAMS)
    if params is None:
        raise ValueError(f"{experiment.name}: no {PARAMS}, so this is no run of the pipeline")
    description = _json(experiment, DESCRIPTION)
    metrics = _json(experiment, METRICS)
    validated = metrics.get("validation") or description.get("best") or {}
    return Outcome(
        experiment,
        yaml.safe_load(params),
        metrics,
        _json(experiment, COMPLEXITY),
        _intervals(experiment),
        validated.get("rmse"),
        description,
    )


def _json(experiment: Experiment, path: str) -> dict[str, Any]:
    text = experiment.text(path)
    return {} if text is None else json.loads(text)


def _intervals(experiment: Experiment) -> dict[tuple[str, str, str], Scored]:
    rows = csv.DictReader(io.StringIO(experiment.text(INTERVALS) or ""))
    found = {}
    for number, row in enumerate(rows, start=2):
        try:
            interval = Interval(float(row["value"]), _end(row["low"]), _end(row["high"]))
            key = row["part"], row["of"], row["figure"]
            found[key] = Scored(interval, int(row["videos"]), int(row["subjects"]))
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{experiment.name}: {INTERVALS}: row {number}: {error!r}") from None
    return found


def _end(cell: str) -> float | None:
    return float(cell) if cell else None
