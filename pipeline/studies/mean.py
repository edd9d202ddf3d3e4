"""The mean of independent values with its interval by Student's t."""

from collections.abc import Sequence
from math import sqrt
from statistics import fmean, stdev

from scipy import stats

from pipeline.statistics.interval import LEVEL, Interval


def mean_interval(values: Sequence[float], level: float = LEVEL) -> Interval:
    """Return the mean of at least two independent values with its interval.

    Examples:
        >>> interval = mean_interval([1.0, 2.0, 3.0])
        >>> interval.value, round(interval.high or 0, 3)  # t(2, 0.975) = 4.303 times 1 / sqrt(3) above it
        (2.0, 4.484)
    """
    reach = float(stats.t.ppf((1 + level) / 2, len(values) - 1)) * stdev(values) / sqrt(len(values))
    return Interval(fmean(values), fmean(values) - reach, fmean(values) + reach)
