"""Metrics and other statistics as functions of sums over videos.

RMSE is a function of two sums, of the squared errors and of ones, and every metric here is such a function. Sums over
the videos of a subject then are all that a metric needs to know about the subject, and to leave a subject out is a
subtraction: an interval over subjects costs hardly more than the metric.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar, runtime_checkable

import numpy as np
from jaxtyping import Float

from pipeline.statistics.clusters import ClusterSums, Features, Sums, Values, cluster_sums
from pipeline.statistics.interval import Interval, NoIntervalError
from pipeline.statistics.jackknife import Function
from pipeline.statistics.scales import IDENTITY
from pipeline.statistics.studentised import Studentised

Scores = Float[np.ndarray, " videos"]
Name = TypeVar("Name", bound=Hashable)

MIN_SUBJECTS = 3  # of an interval; those of two subjects would be far wider than the range of scores
TOO_FEW = f"there are fewer than {MIN_SUBJECTS} subjects"


@runtime_checkable
class Method(Protocol):
    """A way to compute an interval over subjects."""

    def ends(self, sums: ClusterSums, function: Function) -> tuple[float, float]:
        """Return both ends of the 95 % interval, or raise `NoIntervalError`."""
        ...


@dataclass(frozen=True)
class Statistic:
    """A number over videos.

    Attributes:
        features: of each video; the number depends on their sums alone.
        function: the number, of the sums; NaN where they do not define it.
        method: of its interval.
    """

    features: Features
    function: Function
    method: Method

    @property
    def value(self) -> float | None:
        """Over all videos; None if they do not define it."""
        value = float(self.function(self.features.sum(0)))
        return None if np.isnan(value) else value

    def interval(self, subjects: Sequence[str]) -> Interval | None:
        """Return the value with its 95 % interval over subjects; None if the videos do not define the value.

        Args:
            subjects: the subject of each video.
        """
        value = self.value
        if value is None:
            return None
        sums = cluster_sums(self.features, subjects)
        if len(sums) < MIN_SUBJECTS:
            return Interval(value, None, None, TOO_FEW)
        try:
            return Interval(value, *self.method.ends(sums, self.function))
        except NoIntervalError as error:
            return Interval(value, None, None, str(error))


@dataclass(frozen=True)
class Metric:
    """A number that says how well estimates agree with true scores; a function of two arrays.

    Attributes:
        features: of each video, from scores and estimates; the number depends on their sums alone.
        function: the number, of the sums; NaN where they do not define it.
        method: of its interval.
    """

    features: Callable[[Scores, Scores], Features]
    function: Function
    method: Method

    def __call__(self, truth: Scores, estimate: Scores) -> float | None:
        """Return the number; None if the videos do not define it."""
        return self.of(truth, estimate).value

    def of(self, truth: Scores, estimate: Scores) -> Statistic:
        """Return the metric of these videos as a statistic, which has an interval."""
        return Statistic(self.features(truth, estimate), self.function, self.method)


def difference(minuend: Statistic, subtrahend: Statistic) -> Statistic:
    """Return the paired difference of two statistics of the same videos in the same order."""
    width = minuend.features.shape[1]

    def function(sums: Sums) -> Values:
        return minuend.function(sums[..., :width]) - subtrahend.function(sums[..., width:])

    features = np.concatenate([minuend.features, subtrahend.features], 1)
    return Statistic(features, function, Studentised(IDENTITY))


def mean(statistics: Sequence[Statistic]) -> Statistic:
    """Return the mean of statistics of the same videos in the same order, as those of several trainings are.

    Its interval is that of the first one's method.
    """
    edges = np.cumsum([0, *(item.features.shape[1] for item in statistics)])

    def function(sums: Sums) -> Values:
        parts = [item.function(sums[..., edges[i] : edges[i + 1]]) for i, item in enumerate(statistics)]
        return np.mean(np.stack(parts), 0)

    return Statistic(np.concatenate([item.features for item in statistics], 1), function, statistics[0].method)


def intervals(statistics: Mapping[Name, Statistic], subjects: Sequence[str]) -> dict[Name, Interval]:
    """Return the value of each statistic with its interval; what the videos do not define is left out.

    Args:
        statistics: each of the same videos.
        subjects: the subject of each video.
    """
    found = {name: statistic.interval(subjects) for name, statistic in statistics.items()}
    return {name: interval for name, interval in found.items() if interval is not None}
