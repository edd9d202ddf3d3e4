"""The interval of a metric over subjects: Student's t around it, on a scale on which it is nearly normal."""

from dataclasses import dataclass

import numpy as np

from pipeline.statistics.clusters import ClusterSums
from pipeline.statistics.interval import NoIntervalError
from pipeline.statistics.jackknife import Function, Uncertainty, jackknife
from pipeline.statistics.scales import IDENTITY, Scale


@dataclass(frozen=True)
class Studentised:
    """The interval with the standard error of the jackknife over subjects (`pipeline.statistics.jackknife`).

    Attributes:
        scale: on which the interval is symmetric.
    """

    scale: Scale

    def ends(self, sums: ClusterSums, function: Function) -> tuple[float, float]:
        """Return both ends of the 95 % interval.

        Args:
            sums: of each subject.
            function: the metric, of sums.

        Raises:
            NoIntervalError: if the videos give none.
        """
        uncertainty = jackknife(sums, function, self.scale)
        if reason := why_no_interval(uncertainty):
            raise NoIntervalError(reason)
        if uncertainty.standard_error == 0 and self.scale is not IDENTITY:
            raise NoIntervalError("it is the same without any of the subjects, so no spread can be seen")
        low, high = map(self.scale.backward, uncertainty.ends())
        return float(low), float(high)


def why_no_interval(uncertainty: Uncertainty) -> str:
    """Return why a statistic has no interval around it; empty if it has one."""
    if not np.isfinite(uncertainty.estimate):
        return "the value is at its bound, where no spread can be seen"
    if not np.isfinite(uncertainty.standard_error):
        return "without one of the subjects the value is at its bound or not defined"
    return ""
