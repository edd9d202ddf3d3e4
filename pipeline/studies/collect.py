"""The rows of a study's table: one per grid point, averaged over seeds or folds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import mean, stdev
from typing import Any

import numpy as np

from pipeline.experiments.outcome import Outcome
from pipeline.experiments.scored_estimates import read_estimates
from pipeline.scoring.metrics import METRICS
from pipeline.statistics.interval import Interval
from pipeline.statistics.statistic import intervals
from pipeline.studies.definition import Point, Study

POOLED = ("rmse", "mae", "pcc")
NOT_VALIDATED = float("inf")


@dataclass(frozen=True)
class Spread:
    """A metric over one or more experiments.

    Attributes:
        value: of a single experiment, or the mean over several.
        low: the lower end of the 95 % interval of a single experiment; None without interval, or over several.
        high: the upper end, likewise.
        deviation: the standard deviation between several experiments (over n - 1); None of a single one.
        values: of several experiments, in their order; empty of a single one.
    """

    value: float
    low: float | None = None
    high: float | None = None
    deviation: float | None = None
    values: tuple[float, ...] = ()


@dataclass(frozen=True)
class Row:
    """One row of the table of a study: a grid point with its repeats.

    Attributes:
        label: of the row.
        values: dotted keys and values of the grid point.
        outcomes: results of the finished experiments, one per repeat.
        repeats: number of repeats in the study, finished or not.
        states: name (or repeat) and state of each repeat that is not finished: missing, queued, running or failed.
    """

    label: str
    values: Mapping[str, Any]
    outcomes: tuple[Outcome, ...]
    repeats: int
    states: tuple[tuple[str, str], ...]

    def metric(self, name: str, part: str = "all", estimator: str = "model") -> Spread | None:
        """Return a metric over the repeats that have it; None if none has it. See `Outcome.metric`."""
        return _spread([value for item in self.outcomes if (value := item.metric(name, part, estimator))])

    @property
    def validation(self) -> Spread | None:
        """RMSE on the validation videos; None unless all experiments of the row have it."""
        values = [item.validation for item in self.outcomes if item.validation is not None]
        if len(values) < max(len(self.outcomes), 1):
            return None
        return _spread([Interval(value, None, None) for value in values])

    @property
    def cost(self) -> Mapping[str, Any]:
        """Number of parameters and multiply-adds; empty if no experiment has them."""
        return next((item.complexity for item in self.outcomes if item.complexity), {})

    @cached_property
    def pooled(self) -> Mapping[str, Interval]:
        """Metrics over the pooled videos of all repeats; empty unless the repeats have different videos, as folds do.

        Empty as well if a repeat is not finished, or its estimates are not in DVC's cache.
        """
        if len(self.outcomes) < 2 or len(self.outcomes) < self.repeats:
            return {}
        try:
            estimates = [item for outcome in self.outcomes for item in read_estimates(outcome.experiment)]
        except ValueError:  # some are not in DVC's cache: the means remain
            return {}
        if len({item.recording for item in estimates}) < len(estimates):
            return {}
        truth, estimate = (
            np.array([getattr(item, name) for item in estimates], np.float64) for name in ("bdi", "estimate")
        )
        subjects = [item.subject for item in estimates]
        return intervals({name: METRICS[name].of(truth, estimate) for name in POOLED}, subjects)


def gather(points: Sequence[Point], results: Sequence[Outcome | tuple[str, str]]) -> list[Row]:
    """Gather the results of grid points into rows, in the order of the study.

    Args:
        points: of a study.
        results: the outcome of each point, or (name, state) if it is not finished.
    """
    rows = []
    for label in dict.fromkeys(point.row for point in points):
        pairs = [(point, result) for point, result in zip(points, results, strict=True) if point.row == label]
        outcomes = tuple(result for _, result in pairs if isinstance(result, Outcome))
        states = tuple(result for _, result in pairs if not isinstance(result, Outcome))
        rows.append(Row(label, pairs[0][0].values, outcomes, len(pairs), states))
    return rows


def ranks(study: Study, rows: Sequence[Row]) -> list[int | None]:
    """Return the rank of each row by validation RMSE; all are None unless two rows have a validation RMSE.

    A row without validation RMSE has no rank: ranking by test metrics would choose on the test partition.
    """
    values = [row.validation.value if row.validation else NOT_VALIDATED for row in rows]
    if not study.ranked or sum(value < NOT_VALIDATED for value in values) < 2:
        return [None] * len(rows)
    return [1 + sum(other < value for other in values) if value < NOT_VALIDATED else None for value in values]


def _spread(metrics: Sequence[Interval]) -> Spread | None:
    if not metrics:
        return None
    if len(metrics) == 1:
        return Spread(metrics[0].value, metrics[0].low, metrics[0].high)
    values = [item.value for item in metrics]
    return Spread(mean(values), deviation=stdev(values), values=tuple(values))
