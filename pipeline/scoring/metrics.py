"""The metrics of estimates against true scores, by name: what intervals.csv has.

A metric that the videos do not define (of no videos, or a correlation with something that does not vary) is None and is
left out of the files: DVC counts a NaN as a change in every comparison.
"""

import numpy as np

from pipeline.scoring.bands import band_numbers
from pipeline.severity.scale import SeverityScale
from pipeline.statistics.agreement import ccc, pcc, spread, weighted_kappa
from pipeline.statistics.calibration import calibration_intercept, calibration_slope
from pipeline.statistics.errors import bias, mae, rmse
from pipeline.statistics.limits import lower_limit, upper_limit
from pipeline.statistics.proportions import count
from pipeline.statistics.statistic import Metric

ERRORS: dict[str, Metric] = {"rmse": rmse, "mae": mae}
METRICS: dict[str, Metric] = {  # of scores on any scale
    **ERRORS,
    "pcc": pcc,
    "ccc": ccc,
    "spread": spread,
    "bias": bias,
    "calibration slope": calibration_slope,
    "calibration intercept": calibration_intercept,
    "lower limit of agreement": lower_limit,
    "upper limit of agreement": upper_limit,
}


def metrics_of(scale: SeverityScale) -> dict[str, Metric]:
    """Return all metrics, with those of the bands of a scale, in the order of intervals.csv."""
    first = {name: METRICS[name] for name in (*ERRORS, "pcc", "ccc")}
    kappa = {"kappa": weighted_kappa(np.array(scale.edges))}
    return {**first, **kappa, **METRICS, **called_opposite(scale)}


def called_opposite(scale: SeverityScale) -> dict[str, Metric]:
    """Return the counts of videos of the highest band whose estimate is in the lowest one, and the other way round."""
    lowest, highest = scale.bands[0].name, scale.bands[-1].name
    last = len(scale.bands) - 1

    def counted(true_band: int, estimated_band: int) -> Metric:
        return count(
            lambda truth, estimate: (
                (band_numbers(truth, scale) == true_band) & (band_numbers(estimate, scale) == estimated_band)
            )
        )

    return {f"{highest} called {lowest}": counted(last, 0), f"{lowest} called {highest}": counted(0, last)}
