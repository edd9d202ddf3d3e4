"""The results of an experiment: its parameters, metrics with intervals, cost and validation error.

An older experiment lacks files that later versions of the stages write; its values are then None or empty.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import yaml

from pipeline.experiments.repository import Experiment
from pipeline.experiments.scored_estimates import read_estimates
from pipeline.experiments.stale_results import PARAMS, check_results
from pipeline.records.predictions import ScoredEstimate
from pipeline.records.tables import parse_rows
from pipeline.scoring.summary import COLUMNS
from pipeline.severity.scale import DEFAULT, SeverityScale, scale_of
from pipeline.statistics.interval import Interval

METRICS, COMPLEXITY = "metrics.json", "complexity.json"
INTERVALS, DESCRIPTION = "results/intervals.csv", "models/finetuned/description.json"


@dataclass(frozen=True)
class SubgroupMetric:
    """A metric of one subgroup of the test partition.

    Attributes:
        interval: the value, in points or without unit, with its 95 % interval over subjects.
        videos: number of videos in the subgroup.
        subjects: number of subjects in it.
    """

    interval: Interval
    videos: int
    subjects: int


@dataclass(frozen=True)
class Outcome:
    """The results of an experiment.

    Attributes:
        experiment: the experiment.
        params: the content of its params.yaml.
        metrics: the content of its metrics.json; empty if there is no such file.
        complexity: the content of its complexity.json; empty if there is no such file.
        intervals: metrics by (subgroup, estimator, metric), from results/intervals.csv; empty if the file is not in
            DVC's cache.
        validation: RMSE of the kept weights on the validation videos, in points; None without validation. It is the
            value of stage evaluate, or for an older experiment the one by which the training chose its epoch.
        description: of the fine-tuned model; empty if it is not in DVC's cache.
    """

    experiment: Experiment
    params: Mapping[str, Any]
    metrics: Mapping[str, Any]
    complexity: Mapping[str, Any]
    intervals: Mapping[tuple[str, str, str], SubgroupMetric]
    validation: float | None
    description: Mapping[str, Any]

    @cached_property
    def estimates(self) -> list[ScoredEstimate]:
        """The estimates of the test videos, sorted by recording; read once.

        Raises:
            ValueError: if they are neither in Git nor in DVC's cache, or cannot be read.
        """
        return read_estimates(self.experiment)

    @property
    def scale(self) -> SeverityScale:
        """The scale of the scores; an experiment that is older than `corpus.scale` has the default one."""
        return scale_in(self.params)

    def metric(self, name: str, subgroup: str = "all", estimator: str = "model") -> Interval | None:
        """Return a metric with its interval.

        Args:
            name: of the metric, such as rmse.
            subgroup: of the test partition.
            estimator: the model or a baseline.

        Returns:
            The metric, without ends of the interval if only metrics.json has it; None if neither file has it.
        """
        if entry := self.intervals.get((subgroup, estimator, name)):
            return entry.interval
        values = self.metrics
        for key in [key for key, default in ((subgroup, "all"), (estimator, "model")) if key != default]:
            values = values.get(key) or {}
        if isinstance(value := values.get(name), int | float):
            return Interval(float(value), None, None)
        return None


def scale_in(params: Mapping[str, Any]) -> SeverityScale:
    """Return the scale that the content of a params.yaml names; the default one if it names none."""
    return scale_of(params.get("corpus", {}).get("scale", DEFAULT))


def read_outcome(experiment: Experiment) -> Outcome:
    """Read the results of an experiment.

    Raises:
        ValueError: if it has no params.yaml, so that it is no run of this pipeline, if its results were made with other
            parameters, or a row or the columns of its intervals.csv are wrong.
    """
    text = experiment.text(PARAMS)
    if text is None:
        raise ValueError(f"{experiment.name}: no {PARAMS}, so this is no run of the pipeline")
    params = yaml.safe_load(text)
    check_results(experiment, params)
    description = _read_json(experiment, DESCRIPTION)
    metrics = _read_json(experiment, METRICS)
    validation = metrics.get("validation") or description.get("best") or {}
    return Outcome(
        experiment,
        params,
        metrics,
        _read_json(experiment, COMPLEXITY),
        _read_intervals(experiment),
        validation.get("rmse"),
        description,
    )


def _read_json(experiment: Experiment, path: str) -> dict[str, Any]:
    text = experiment.text(path)
    return {} if text is None else json.loads(text)


def _read_intervals(experiment: Experiment) -> dict[tuple[str, str, str], SubgroupMetric]:
    text, source = experiment.text(INTERVALS), f"{experiment.name}: {INTERVALS}"
    rows = [] if text is None else parse_rows(text, source, COLUMNS)
    metrics = {}
    for number, row in rows:
        try:
            interval = Interval(float(row["value"]), _parse_end(row["low"]), _parse_end(row["high"]))
            key = row["subgroup"], row["estimator"], row["metric"]
            metrics[key] = SubgroupMetric(interval, int(row["videos"]), int(row["subjects"]))
        except ValueError as error:
            raise ValueError(f"{source}: row {number}: {error!r}") from None
    return metrics


def _parse_end(cell: str) -> float | None:
    return float(cell) if cell else None
