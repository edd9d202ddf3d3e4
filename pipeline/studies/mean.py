"""The mean of independent values with its interval by Student's t."""

from collections.abc import Sequence
from math import sqrt
from statistics import fmean, stdev

import numpy as np
from scipy import stats

from pipeline.statistics.interval import LEVEL, Interval
from pipeline.statistics.scales import IDENTITY, Scale


def mean_interval(values: Sequence[float], level: float = LEVEL, scale: Scale = IDENTITY) -> Interval:
    """Return the mean of at least two independent values with its interval, both taken on a scale.

    Without ends if a value is at a bound, where the scale is infinite.

    Examples:
        >>> interval = mean_interval([1.0, 2.0, 3.0])
        >>> interval.value, round(interval.high or 0, 3)  # t(2, 0.975) = 4.303 times 1 / sqrt(3) above it
        (2.0, 4.484)
    """
    with np.errstate(divide="ignore"):
        scaled = np.asarray(scale.forward(np.array(values, np.float64))).tolist()
    if not np.isfinite(scaled).all():
        return Interval(fmean(values), None, None, "a value is at its bound")
    mean = fmean(scaled)
    reach = float(stats.t.ppf((1 + level) / 2, len(scaled) - 1)) * stdev(scaled) / sqrt(len(scaled))
    value, low, high = (float(scale.backward(np.array(end))) for end in (mean, mean - reach, mean + reach))
    return Interval(value, low, high)
