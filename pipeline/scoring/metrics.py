"""How far estimates are from the truth, over videos.

A figure that the videos do not define (of none, or a correlation with something that does not vary) is None, so that
it is left out of what is written: DVC takes a NaN for a change in every comparison.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

Scores = Float[np.ndarray, " videos"]  # in points of BDI-II


def rmse(truth: Scores, estimate: Scores) -> float | None:
    """Root mean square error, sqrt(mean (x - x_hat)^2), in points; section 4 of the paper."""
    return float(np.sqrt(np.mean((truth - estimate) ** 2))) if len(truth) else None


def mae(truth: Scores, estimate: Scores) -> float | None:
    """Mean absolute error, mean |x - x_hat|, in points; section 4 of the paper."""
    return float(np.mean(np.abs(truth - estimate))) if len(truth) else None


def pcc(truth: Scores, estimate: Scores) -> float | None:
    """Pearson's correlation r = s_xy / (s_x s_y); None where one of the two does not vary."""
    if len(truth) < 2 or np.ptp(truth) == 0 or np.ptp(estimate) == 0:
        return None
    x, y = truth - truth.mean(), estimate - estimate.mean()
    return float(np.clip(x @ y / np.sqrt((x @ x) * (y @ y)), -1, 1))


def ccc(truth: Scores, estimate: Scores) -> float | None:
    """Concordance correlation 2 s_xy / (s_x^2 + s_y^2 + (m_x - m_y)^2), moments over n (Lin, Biometrics 45, 1989).

    It is 1 where estimates equal the truth, and 0 where they do not vary; None where neither of the two varies.
    """
    if len(truth) < 2 or (np.ptp(truth) == 0 and np.ptp(estimate) == 0):
        return None
    x, y = truth - truth.mean(), estimate - estimate.mean()
    distance = (truth.mean() - estimate.mean()) ** 2
    return float(2 * np.mean(x * y) / (np.mean(x * x) + np.mean(y * y) + distance))


Figure = Callable[[Scores, Scores], float | None]

ERRORS: dict[str, Figure] = {"rmse": rmse, "mae": mae}
FIGURES: dict[str, Figure] = {**ERRORS, "pcc": pcc, "ccc": ccc}
