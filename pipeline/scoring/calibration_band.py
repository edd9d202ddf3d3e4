"""The regression of scores on estimates, with its band: the mean score of people with an estimate."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from pipeline.statistics.calibration import calibration_intercept
from pipeline.statistics.statistic import Scores

Places = Float[np.ndarray, " places"]  # estimates, in points


def calibration_band(
    truth: Scores, estimate: Scores, subjects: Sequence[str], places: Places
) -> tuple[Places, Places, Places]:
    """Return the mean score at each place, and both ends of its 95 % interval over subjects; NaN where there is none.

    The line is that of least squares. Each place has an interval of its own; together they are drawn as a band.

    Args:
        truth: the score of each video.
        estimate: of each video.
        subjects: the subject of each video.
        places: estimates at which the mean score is computed.
    """
    rows = []
    for place in places:  # the value of the line at a place is its intercept, with estimates counted from that place
        interval = calibration_intercept.of(truth, estimate - place).interval(subjects)
        ends = (None, None, None) if interval is None else (interval.value, interval.low, interval.high)
        rows.append([np.nan if end is None else end for end in ends])
    line, low, high = np.array(rows, np.float64).reshape(-1, 3).T
    return line, low, high
