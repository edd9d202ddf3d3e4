"""The area under the ROC curve over videos of subjects, each of whom may have several, positive and negative ones.

It is the probability that a positive video has a higher estimate than a negative one; equal estimates count half. The
variance is DeLong's for clustered data (Obuchowski, Biometrics 53, 1997): the videos of a subject may be alike, and
need not be all positive or all negative. The interval is Student's t around the area on the logit scale, so that its
ends lie between 0 and 1 (Pepe, The Statistical Evaluation of Medical Tests, 2003, section 5.2).
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float
from scipy import stats

from pipeline.statistics.interval import LEVEL, Interval
from pipeline.statistics.scales import LOGIT
from pipeline.statistics.statistic import MIN_SUBJECTS, TOO_FEW, Scores

Positive = Bool[np.ndarray, " videos"]
AT_BOUND = "the value is at its bound, where no spread can be seen"
FEW_OF_A_KIND = "fewer than two subjects have positive videos, or fewer than two have negative ones"


def auroc(positive: Positive, estimate: Scores, subjects: Sequence[str]) -> Interval | None:
    """Return the area under the ROC curve with its 95 % interval over subjects; None without one of the two kinds.

    Args:
        positive: of each video.
        estimate: of each video.
        subjects: the subject of each video.

    Examples:
        >>> area = auroc(np.array([False, True, False, True]), np.array([1.0, 2, 3, 4]), ["a", "b", "c", "d"])
        >>> area.value  # of four pairs three are in order
        0.75
    """
    if positive.all() or not positive.any():
        return None
    of_positive, of_negative = placements(positive, estimate)
    area = float(of_positive.mean())
    if len(set(subjects)) < MIN_SUBJECTS:
        return Interval(area, None, None, TOO_FEW)
    if area in (0, 1):
        return Interval(area, None, None, AT_BOUND)
    rows = np.unique(np.asarray(subjects, str), return_inverse=True)[1]
    groups = rows[positive], rows[~positive]
    counts = [len(np.unique(group)) for group in groups]
    if min(counts) < 2:
        return Interval(area, None, None, FEW_OF_A_KIND)
    error = np.sqrt(_variance(of_positive - area, of_negative - area, *groups))
    reach = stats.t.ppf((1 + LEVEL) / 2, min(counts) - 1) * error / (area * (1 - area))
    low, high = (float(LOGIT.backward(LOGIT.forward(area) + side * reach)) for side in (-1, 1))
    return Interval(area, low, high)


def placements(
    positive: Positive, estimate: Scores
) -> tuple[Float[np.ndarray, " positive"], Float[np.ndarray, " negative"]]:
    """Return the share of negative videos below each positive one, and of positive ones above each negative one."""
    ranks = stats.rankdata(estimate)
    own = stats.rankdata(estimate[positive]), stats.rankdata(estimate[~positive])
    count = int(positive.sum())
    below = (ranks[positive] - own[0]) / (len(estimate) - count)
    return below, 1 - (ranks[~positive] - own[1]) / count


def _variance(
    of_positive: Float[np.ndarray, " positive"],
    of_negative: Float[np.ndarray, " negative"],
    positive_rows: np.ndarray,
    negative_rows: np.ndarray,
) -> float:
    """Return the variance of the area (Obuchowski, 1997, equation 6), from the placements less the area.

    Args:
        of_positive: of each positive video.
        of_negative: of each negative video.
        positive_rows: the number of the subject of each positive video.
        negative_rows: likewise of each negative one.
    """
    subjects = int(max(positive_rows.max(), negative_rows.max())) + 1
    sums = [
        np.bincount(rows, weights=values, minlength=subjects)
        for rows, values in ((positive_rows, of_positive), (negative_rows, of_negative))
    ]
    with_positive, with_negative = (len(np.unique(rows)) for rows in (positive_rows, negative_rows))
    m, n = len(of_positive), len(of_negative)
    s10 = with_positive / ((with_positive - 1) * m) * float(sums[0] @ sums[0])
    s01 = with_negative / ((with_negative - 1) * n) * float(sums[1] @ sums[1])
    s11 = subjects / (subjects - 1) * float(sums[0] @ sums[1])
    return s10 / m + s01 / n + 2 * s11 / (m * n)
