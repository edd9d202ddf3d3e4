"""How far a statistic would move with other subjects, from its values without each subject in turn.

The values without one subject give the standard error (the jackknife over clusters; Efron and Tibshirani, An
Introduction to the Bootstrap, 1993, chapter 11; in regression it is known as CR3). A few subjects with large errors
make the standard error itself uncertain. Its degrees of freedom follow from the fourth moment of those values
(Satterthwaite, Biometrics Bulletin 2, 1946): a variance s^2 over S draws with excess kurtosis k has
Var(s^2) / s^4 = 2 / (S - 1) + k / S, and a chi-squared variable with d degrees of freedom has 2 / d.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy import stats

from pipeline.statistics.clusters import ClusterSums, Sums, Values, leave_one_out
from pipeline.statistics.interval import LEVEL
from pipeline.statistics.scales import Scale

Function = Callable[[Sums], Values]  # of sums over videos; NaN where they do not define it

ROUNDING = 1e-9  # of the value: a smaller standard error is rounding alone


@dataclass(frozen=True)
class Uncertainty:
    """A statistic on a scale, and how uncertain it is; arrays over trials, or single numbers.

    Attributes:
        estimate: the statistic on the scale.
        standard_error: on the scale; NaN if the statistic is not defined without one of the subjects.
        degrees: degrees of freedom of the standard error, at most the number of subjects less one.
    """

    estimate: Values
    standard_error: Values
    degrees: Values

    def ends(self) -> tuple[Values, Values]:
        """Return both ends of the 95 % interval on the scale: Student's t times the standard error around it."""
        reach = stats.t.ppf((1 + LEVEL) / 2, self.degrees) * self.standard_error
        return self.estimate - reach, self.estimate + reach


def jackknife(sums: ClusterSums, function: Function, scale: Scale) -> Uncertainty:
    """Compute a statistic on a scale with its standard error over subjects.

    Args:
        sums: of each of at least two subjects.
        function: the statistic.
        scale: of the standard error.
    """
    subjects = sums.shape[-2]
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate = scale.forward(function(sums.sum(-2)))
        without = scale.forward(function(leave_one_out(sums)))
        deviations = without - np.mean(without, -1, keepdims=True)
        squares = (deviations**2).sum(-1)
        standard_error = np.sqrt((subjects - 1) / subjects * squares)
        standard_error = np.where(standard_error <= ROUNDING * (1 + np.abs(estimate)), 0.0, standard_error)
        excess = np.where(standard_error > 0, np.maximum(_excess_kurtosis(deviations), 0), 0)
    return Uncertainty(estimate, standard_error, 2 / (2 / (subjects - 1) + excess / subjects))


def _excess_kurtosis(deviations: Float[np.ndarray, "*trials subjects"]) -> Values:
    """Return the excess kurtosis without bias for normal values; 0 of three subjects, which do not show it.

    It is (S - 1) / ((S - 2) (S - 3)) ((S + 1) g + 6), g the excess of the moments themselves, which few subjects make
    too small (Joanes and Gill, The Statistician 47, 1998).
    """
    subjects = deviations.shape[-1]
    if subjects < 4:
        return np.zeros(deviations.shape[:-1])
    moments = subjects * (deviations**4).sum(-1) / (deviations**2).sum(-1) ** 2 - 3
    return (subjects - 1) / ((subjects - 2) * (subjects - 3)) * ((subjects + 1) * moments + 6)
