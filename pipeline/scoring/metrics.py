"""The metrics of estimates against true scores, by name: what intervals.csv has.

A metric that the videos do not define (of no videos, or a correlation with something that does not vary) is None and is
left out of the files: DVC counts a NaN as a change in every comparison.
"""

from jaxtyping import Bool
from numpy import ndarray

from pipeline.scoring.bands import BANDS, EDGES, band_numbers
from pipeline.statistics.agreement import ccc, pcc, spread, weighted_kappa
from pipeline.statistics.calibration import calibration_intercept, calibration_slope
from pipeline.statistics.errors import bias, mae, rmse
from pipeline.statistics.limits import lower_limit, upper_limit
from pipeline.statistics.proportions import count
from pipeline.statistics.statistic import Metric, Scores


def is_severe_called_minimal(truth: Scores, estimate: Scores) -> Bool[ndarray, " videos"]:
    """Return which videos have a score in the highest band and an estimate in the lowest."""
    return (band_numbers(truth) == len(BANDS) - 1) & (band_numbers(estimate) == 0)


def is_minimal_called_severe(truth: Scores, estimate: Scores) -> Bool[ndarray, " videos"]:
    """Return which videos have a score in the lowest band and an estimate in the highest."""
    return is_severe_called_minimal(estimate, truth)


kappa = weighted_kappa(EDGES)
severe_called_minimal = count(is_severe_called_minimal)
minimal_called_severe = count(is_minimal_called_severe)

ERRORS: dict[str, Metric] = {"rmse": rmse, "mae": mae}
METRICS: dict[str, Metric] = {
    **ERRORS,
    "pcc": pcc,
    "ccc": ccc,
    "kappa": kappa,
    "spread": spread,
    "bias": bias,
    "calibration slope": calibration_slope,
    "calibration intercept": calibration_intercept,
    "lower limit of agreement": lower_limit,
    "upper limit of agreement": upper_limit,
    "severe called minimal": severe_called_minimal,
    "minimal called severe": minimal_called_severe,
}
