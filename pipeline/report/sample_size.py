"""What so many people can show: the smallest difference of two RMSEs that a test of 5 % finds with a power of 80 %.

The difference over its standard error is compared with Student's t, so a true difference of (t_0.975 + t_0.8) standard
errors is found four times out of five (Cohen, Statistical Power Analysis, 1988, chapter 2). It is a plan for another
study of this size, and no test of this one: power that is computed from an observed difference says nothing new
(Hoenig and Heisey, The American Statistician 55, 2001).
"""

import math

from scipy import stats

SIGNIFICANT, POWER = 0.975, 0.8  # probabilities: of the two-sided test of 5 %, and of finding the difference


def visible_from_interval(low: float, high: float, subjects: int) -> float:
    """Return the smallest visible difference, from the 95 % interval of a difference over as many subjects.

    Args:
        low: lower end of the interval, in points.
        high: its upper end.
        subjects: their number, at least two.

    Examples:
        >>> round(visible_from_interval(-3.0, 1.0, subjects=42), 2)  # 2 points x (2.020 + 0.850) / 2.020
        2.84
    """
    critical, found = _quantiles(subjects)
    return (high - low) / 2 * (critical + found) / critical


def visible_from_errors(rmse: float, correlation: float, subjects: int) -> float:
    """Return the smallest visible difference of two models with equally large, jointly normal errors.

    Squared errors of correlation r^2 have a difference of variance 4 rmse^4 (1 - r^2), and the RMSE moves by 1 / (2
    rmse) of a mean squared error: the standard error is rmse sqrt((1 - r^2) / subjects).

    Args:
        rmse: of each model, in points.
        correlation: of their errors on the same videos.
        subjects: their number, at least two; each counts as one error, as if their videos were all alike.

    Examples:
        >>> round(visible_from_errors(8.0, correlation=0.8, subjects=42), 2)  # 8 x 0.6 / sqrt(42) x 2.870
        2.13
    """
    return rmse * math.sqrt((1 - correlation**2) / subjects) * sum(_quantiles(subjects))


def _quantiles(subjects: int) -> tuple[float, float]:
    return float(stats.t.ppf(SIGNIFICANT, subjects - 1)), float(stats.t.ppf(POWER, subjects - 1))
