"""The table of a study: a row a grid point, of one experiment or summed up over seeds or folds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import mean, stdev
from typing import Any

import numpy as np

from pipeline.experiments.estimates import read_estimates
from pipeline.experiments.outcome import Outcome
from pipeline.scoring.intervals import Interval, Rows, intervals
from pipeline.scoring.metrics import METRICS
from pipeline.studies.definition import Point, Study

RESAMPLES, SEED = 2000, 0  # of intervals over folds put together
TOGETHER = ("rmse", "mae", "pcc")
FAR = float("inf")


@dataclass(frozen=True)
class Spread:
    """A figure over one or more experiments.

    Attributes:
        value: of the one, or the mean over several.
        low: the lower end of the 95 % interval of the one; None where there is none, or over several.
        high: the upper end, likewise.
        deviation: the standard deviation between several (over n - 1); None of one.
        each: the values of several, in the order of their experiments; empty of one.
    """

    value: float
    low: float | None = None
    high: float | None = None
    deviation: float | None = None
    each: tuple[float, ...] = ()


@dataclass(frozen=True)
class Row:
    """One grid point of a study.

    Attributes:
        label: what the point is called.
        values: dotted keys and the values that make it.
        outcomes: its finished experiments, one a repeat.
        wanted: how many repeats the study has of it.
        states: those not finished: name (or repeat) and state: missing, queued, running or failed.
    """

    label: str
    values: Mapping[str, Any]
    outcomes: tuple[Outcome, ...]
    wanted: int
    states: tuple[tuple[str, str], ...]

    def figure(self, name: str, part: str = "all", of: str = "model") -> Spread | None:
        """A score over the repeats that have it; None where none has."""
        return _spread([found for item in self.outcomes if (found := item.score(name, part, of))])

    @property
    def validation(self) -> Spread | None:
        """RMSE on videos kept out of fitting; None unless all experiments of the row have it."""
        found = [item.validation for item in self.outcomes if item.validation is not None]
        if len(found) < max(len(self.outcomes), 1):
            return None
        return _spread([Interval(value, None, None) for value in found])

    @property
    def cost(self) -> Mapping[str, Any]:
        """Parameters and multiply-adds; empty where no experiment tells."""
        return next((item.complexity for item in self.outcomes if item.complexity), {})

    @cached_property
    def together(self) -> Mapping[str, Interval]:
        """Figures over the videos of all repeats put together; empty unless each has videos of its own, as folds do."""
        if len(self.outcomes) < 2 or len(self.outcomes) < self.wanted:
            return {}
        try:
            found = [item for outcome in self.outcomes for item in read_estimates(outcome.experiment)]
        except ValueError:  # a cache that lost some of them: the means are left
            return {}
        if len({item.recording for item in found}) < len(found):
            return {}
        truth, estimate = (
            np.array([getattr(item, name) for item in found], np.float64) for name in ("bdi", "estimate")
        )

        def of(figure: str) -> Any:
            def statistic(rows: Rows) -> float | None:
                return METRICS[figure](truth[rows], estimate[rows])

            return statistic

        subjects = [item.subject for item in found]
        return intervals({name: of(name) for name in TOGETHER}, subjects, RESAMPLES, SEED)


def gather(points: Sequence[Point], found: Sequence[Outcome | tuple[str, str]]) -> list[Row]:
    """Put what was found of each point into rows, in the order of the study.

    Args:
        points: of a study.
        found: of each point its outcome, or (name, state) where it is not finished.
    """
    rows = []
    for label in dict.fromkeys(point.row for point in points):
        pairs = [(point, item) for point, item in zip(points, found, strict=True) if point.row == label]
        outcomes = tuple(item for _, item in pairs if isinstance(item, Outcome))
        states = tuple(item for _, item in pairs if not isinstance(item, Outcome))
        rows.append(Row(label, pairs[0][0].values, outcomes, len(pairs), states))
    return rows


def ranks(study: Study, rows: Sequence[Row]) -> list[int | None]:
    """The place of each row by validation RMSE, never by the test partition; none at all unless two rows have it.

    A row that lacks it has no place; ranking by test scores would choose on the test partition.
    """
    values = [row.validation.value if row.validation else FAR for row in rows]
    if not study.ranked or sum(value < FAR for value in values) < 2:
        return [None] * len(rows)
    return [1 + sum(other < value for other in values) if value < FAR else None for value in values]


def _spread(found: Sequence[Interval]) -> Spread | None:
    if not found:
        return None
    if len(found) == 1:
        return Spread(found[0].value, found[0].low, found[0].high)
    values = [item.value for item in found]
    return Spread(mean(values), deviation=stdev(values), each=tuple(values))
