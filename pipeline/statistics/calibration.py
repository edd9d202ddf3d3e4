"""Calibration: the straight line of scores on estimates. Estimates that mean what they say have slope 1, intercept 0.

Shrinkage alone is no fault: the line of scores on estimates stays at slope 1 if estimates vary less than scores because
they cannot know more (Cox, Biometrika 45, 1958; Van Calster and others, BMC Medicine 17, 2019).
"""

import numpy as np

from pipeline.statistics.clusters import Sums, Values
from pipeline.statistics.moments import moment_features, moments, ratio
from pipeline.statistics.scales import IDENTITY
from pipeline.statistics.statistic import Metric
from pipeline.statistics.studentised import Studentised


def _slope(sums: Sums) -> Values:
    values = moments(sums)
    return np.where(values.variance_x == 0, np.nan, ratio(values.covariance, values.variance_y))


def _intercept(sums: Sums) -> Values:
    values = moments(sums)
    return values.mean_x - _slope(sums) * values.mean_y


calibration_slope = Metric(moment_features, _slope, Studentised(IDENTITY))
"""Slope of the least-squares line of scores on estimates; None if scores or estimates do not vary."""

calibration_intercept = Metric(moment_features, _intercept, Studentised(IDENTITY))
"""Score at which that line meets the estimate 0, in points; None likewise."""
