"""Exact intervals of shares and counts of videos: never of no width, also if all videos or none have the property.

The interval is Clopper and Pearson's (Biometrika 26, 1934) with an effective number of videos in place of the number of
videos, because the videos of one subject are alike (Korn and Graubard, Survey Methodology 24, 1998): as many
independent videos as would give the variance over subjects.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from scipy import stats

from pipeline.statistics.clusters import ClusterSums, Sums, Values
from pipeline.statistics.errors import average, with_ones
from pipeline.statistics.interval import LEVEL
from pipeline.statistics.jackknife import Function, jackknife
from pipeline.statistics.scales import IDENTITY
from pipeline.statistics.statistic import Metric, Scores, Statistic

Property = Callable[[Scores, Scores], Bool[np.ndarray, " videos"]]  # of each video, from scores and estimates


def clopper_pearson(hits: float, trials: float) -> tuple[float, float]:
    """Return the exact 95 % interval of a probability.

    Args:
        hits: number of trials with the property, 0 to `trials`; an effective number may be a fraction.
        trials: number of independent trials.

    Examples:
        >>> [round(end, 4) for end in clopper_pearson(0, 10)]  # the upper end is 1 - 0.025^(1 / 10)
        [0.0, 0.3085]
    """
    tail = (1 - LEVEL) / 2
    low = stats.beta.ppf(tail, hits, trials - hits + 1) if hits > 0 else 0.0
    high = stats.beta.ppf(1 - tail, hits + 1, trials - hits) if hits < trials else 1.0
    return float(low), float(high)


def effective_trials(sums: Float[np.ndarray, "subjects 2"]) -> float:
    """Return how many independent videos would say as much about a share as these do, at most their number.

    That is p (1 - p) over the variance of the share p over subjects, adjusted for the number of subjects that the
    variance is estimated from. Where all videos or none have the property there is no variance, and the videos of a
    subject count as copies of one: (sum m)^2 / sum m^2 of the subjects' numbers of videos m (Kish, Survey Sampling,
    1965).

    Args:
        sums: number of videos of each subject, and of those with the property.
    """
    videos, hits = sums.sum(0)
    share = hits / videos
    if share in (0, 1):
        return float(videos**2 / (sums[:, 0] ** 2).sum())
    variance = max(float(jackknife(sums, average, IDENTITY).standard_error) ** 2, share * (1 - share) / videos)
    tail = (1 + LEVEL) / 2
    adjusted = (stats.t.ppf(tail, videos - 1) / stats.t.ppf(tail, len(sums) - 1)) ** 2
    return float(share * (1 - share) / variance * adjusted)


@dataclass(frozen=True)
class ExactShare:
    """The exact interval of a share of videos, or of their number."""

    counted: bool

    def ends(self, sums: ClusterSums, function: Function) -> tuple[float, float]:
        """Return both ends of the 95 % interval.

        Args:
            sums: number of videos of each subject, and of those with the property.
            function: not used: the interval follows from the sums.
        """
        videos, hits = sums.sum(0)
        trials = effective_trials(sums)
        low, high = clopper_pearson(hits / videos * trials, trials)
        return (low * videos, high * videos) if self.counted else (low, high)


def _count(sums: Sums) -> Values:
    return np.where(sums[..., 0] > 0, sums[..., 1], np.nan)


def share(has_property: Property) -> Metric:
    """Return the share of videos with a property; None if there are no videos."""
    return _metric(has_property, average, ExactShare(counted=False))


def count(has_property: Property) -> Metric:
    """Return the number of videos with a property; None if there are no videos.

    Its interval is that of the share, times the number of videos: the number to expect among as many new videos.
    """
    return _metric(has_property, _count, ExactShare(counted=True))


def _metric(has_property: Property, function: Function, method: ExactShare) -> Metric:
    return Metric(lambda truth, estimate: with_ones(has_property(truth, estimate).astype(float)), function, method)


def share_of(has_property: Bool[np.ndarray, " videos"]) -> Statistic:
    """Return the share of videos with a property that is known of each, as a statistic."""
    return Statistic(with_ones(has_property.astype(float)), average, ExactShare(counted=False))
