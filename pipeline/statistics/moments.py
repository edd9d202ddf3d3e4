"""Means, variances and the covariance of scores and estimates, from sums over videos."""

from dataclasses import dataclass

import numpy as np

from pipeline.statistics.clusters import Features, Sums, Values
from pipeline.statistics.statistic import Scores

ROUNDING = 1e-12  # of the mean square: a smaller variance is rounding alone


def moment_features(truth: Scores, estimate: Scores) -> Features:
    """Return 1, x, y, u, v, uu, vv and uv of each video: x the score, y the estimate, u and v both from their medians.

    From the medians the variances lose no digits, and something that does not vary is exactly 0.
    """
    u, v = (values - (np.median(values) if len(values) else 0) for values in (truth, estimate))
    return np.stack([np.ones(len(u)), truth, estimate, u, v, u * u, v * v, u * v], -1)


@dataclass(frozen=True)
class Moments:
    """Moments over n videos; all divide by n, and all are NaN of no videos.

    Attributes:
        mean_x: of the scores.
        mean_y: of the estimates.
        variance_x: of the scores; exactly 0 if they do not vary.
        variance_y: of the estimates, likewise.
        covariance: of both.
    """

    mean_x: Values
    mean_y: Values
    variance_x: Values
    variance_y: Values
    covariance: Values


def moments(sums: Sums) -> Moments:
    """Return the moments of videos from the sums of their `moment_features`."""
    with np.errstate(invalid="ignore", divide="ignore"):
        x, y, u, v, uu, vv, uv = np.moveaxis(sums[..., 1:] / sums[..., :1], -1, 0)
    return Moments(x, y, _variance(u, uu), _variance(v, vv), uv - u * v)


def _variance(mean: Values, mean_square: Values) -> Values:
    variance = mean_square - mean**2
    return np.where(variance <= ROUNDING * mean_square, 0.0, variance)


def ratio(numerator: Values, denominator: Values) -> Values:
    """Return the ratio; NaN where the denominator is 0 or no number."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(denominator == 0, np.nan, numerator / denominator)
