"""Errors of estimates, in points: root mean square, mean absolute, and mean error."""

import numpy as np
from jaxtyping import Float

from pipeline.statistics.clusters import Sums, Values
from pipeline.statistics.scales import IDENTITY, LOG
from pipeline.statistics.statistic import Metric, Scores
from pipeline.statistics.studentised import Studentised


def average(sums: Sums) -> Values:
    """Return the mean of the second feature, if the first is 1; NaN of no videos."""
    with np.errstate(invalid="ignore"):
        return sums[..., 1] / sums[..., 0]


def with_ones(values: Scores) -> Float[np.ndarray, "videos 2"]:
    """Return features whose `average` is the mean of the values."""
    return np.stack([np.ones(len(values)), values], -1)


rmse = Metric(
    lambda truth, estimate: with_ones((truth - estimate) ** 2),
    lambda sums: np.sqrt(np.maximum(average(sums), 0)),  # leaving a subject out leaves rounding
    Studentised(LOG),
)
"""Root mean square error, sqrt(mean (x - x_hat)^2), in points; section 4 of the paper."""

mae = Metric(lambda truth, estimate: with_ones(np.abs(truth - estimate)), average, Studentised(LOG))
"""Mean absolute error, mean |x - x_hat|, in points; section 4 of the paper."""

bias = Metric(lambda truth, estimate: with_ones(estimate - truth), average, Studentised(IDENTITY))
"""Mean error, mean (x_hat - x), in points; above 0, estimates are too high."""
