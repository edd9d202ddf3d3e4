"""Limits of agreement: the range around the score in which 95 of 100 estimates lie, if differences are normal.

They are mean (x_hat - x) -/+ 1.96 s, s the standard deviation of the differences (Bland and Altman, Lancet 327, 1986).
Their interval is over subjects, so videos of one subject may be alike.
"""

import numpy as np

from pipeline.statistics.clusters import Features, Sums, Values
from pipeline.statistics.scales import IDENTITY
from pipeline.statistics.statistic import Metric, Scores
from pipeline.statistics.studentised import Studentised

NORMAL_REACH = 1.96  # standard deviations on either side that hold 95 % of a normal distribution


def _difference_features(truth: Scores, estimate: Scores) -> Features:
    """Return 1, d and d^2 of each video, d the estimate minus the score."""
    difference = estimate - truth
    return np.stack([np.ones(len(difference)), difference, difference**2], -1)


def _limit(sums: Sums, side: int) -> Values:
    n, difference, square = np.moveaxis(sums, -1, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = difference / n
        variance = (square - n * mean**2) / (n - 1)
    return np.where(n > 1, mean + side * NORMAL_REACH * np.sqrt(np.maximum(variance, 0)), np.nan)


lower_limit = Metric(_difference_features, lambda sums: _limit(sums, -1), Studentised(IDENTITY))
"""Lower limit of agreement, in points; None of fewer than two videos."""

upper_limit = Metric(_difference_features, lambda sums: _limit(sums, 1), Studentised(IDENTITY))
"""Upper limit of agreement, in points; None of fewer than two videos."""
