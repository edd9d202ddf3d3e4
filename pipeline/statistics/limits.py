"""Limits of agreement: the range around the score in which 95 of 100 estimates lie, if differences are normal.

They are mean (x_hat - x) -/+ 1.96 s, s the standard deviation of the differences (Bland and Altman, Lancet 327, 1986).
Their interval is over subjects, so videos of one subject may be alike.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.statistics.clusters import ClusterSums, Features, Sums, Values, leave_one_out
from pipeline.statistics.errors import average
from pipeline.statistics.interval import NoIntervalError
from pipeline.statistics.jackknife import Function, jackknife
from pipeline.statistics.scales import IDENTITY, LOG
from pipeline.statistics.statistic import Metric, Scores

NORMAL_REACH = 1.96  # standard deviations on either side that hold 95 % of a normal distribution


@dataclass(frozen=True)
class LimitInterval:
    """The interval of a limit from those of its two parts, the mean and 1.96 s, of which s has a skewed distribution.

    Each end is as far from the limit as the root of the summed squares of what the ends of the parts are from them,
    with their correlation over subjects (Zou, Statistical Methods in Medical Research 22, 2013; Zou and Donner,
    Statistics in Medicine 27, 2008). Student's t on the limit itself is too short where few subjects are tested.

    Attributes:
        side: -1 of the lower limit, 1 of the upper one.
    """

    side: int

    def ends(self, sums: ClusterSums, function: Function) -> tuple[float, float]:
        """Return both ends of the 95 % interval.

        Args:
            sums: of each subject.
            function: the limit, of sums.

        Raises:
            NoIntervalError: if the videos give none.
        """
        means, deviations = jackknife(sums, average, IDENTITY), jackknife(sums, _deviation, LOG)
        if not np.isfinite(deviations.standard_error):
            raise NoIntervalError("all differences, or all but those of one subject, are the same")
        limit, mean, deviation = (float(part(sums.sum(-2))) for part in (function, average, _deviation))
        of_mean = np.array(means.ends()) - mean
        of_deviation = self.side * NORMAL_REACH * (np.exp(np.array(deviations.ends())) - deviation)
        correlation = self.side * _correlation(leave_one_out(sums))
        below, above = (
            float(np.sqrt(max(one**2 + other**2 + 2 * correlation * one * other, 0)))
            for one, other in zip(of_mean, of_deviation[:: self.side], strict=True)
        )
        return limit - below, limit + above


def _correlation(without: ClusterSums) -> float:
    """Return the correlation of mean and standard deviation, from the sums without one subject each."""
    mean, deviation = (part - np.mean(part) for part in (average(without), _deviation(without)))
    scale = float(np.sqrt((mean**2).sum() * (deviation**2).sum()))
    return float((mean * deviation).sum()) / scale if scale else 0.0


def _difference_features(truth: Scores, estimate: Scores) -> Features:
    """Return 1, d and d^2 of each video, d the estimate minus the score."""
    difference = estimate - truth
    return np.stack([np.ones(len(difference)), difference, difference**2], -1)


def _deviation(sums: Sums) -> Values:
    n, difference, square = np.moveaxis(sums, -1, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = (square - difference**2 / n) / (n - 1)
    return np.where(n > 1, np.sqrt(np.maximum(variance, 0)), np.nan)


def _limit(side: int) -> Metric:
    return Metric(
        _difference_features,
        lambda sums: average(sums) + side * NORMAL_REACH * _deviation(sums),
        LimitInterval(side),
    )


lower_limit = _limit(-1)
"""Lower limit of agreement, in points; None of fewer than two videos."""

upper_limit = _limit(1)
"""Upper limit of agreement, in points; None of fewer than two videos."""
