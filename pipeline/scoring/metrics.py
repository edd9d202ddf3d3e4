"""Metrics of estimates against true scores, over videos.

A metric that the videos do not define (of no videos, or a correlation with something that does not vary) is None and is
left out of the files: DVC counts a NaN as a change in every comparison.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from pipeline.scoring.bands import BANDS, band_numbers, confusion_matrix

Scores = Float[np.ndarray, " videos"]  # in points of BDI-II
DISTANCES = np.subtract.outer(np.arange(len(BANDS)), np.arange(len(BANDS))) ** 2  # squared, between two bands


def rmse(truth: Scores, estimate: Scores) -> float | None:
    """Root mean square error, sqrt(mean (x - x_hat)^2), in points; section 4 of the paper."""
    return float(np.sqrt(np.mean((truth - estimate) ** 2))) if len(truth) else None


def mae(truth: Scores, estimate: Scores) -> float | None:
    """Mean absolute error, mean |x - x_hat|, in points; section 4 of the paper."""
    return float(np.mean(np.abs(truth - estimate))) if len(truth) else None


def pcc(truth: Scores, estimate: Scores) -> float | None:
    """Pearson's correlation coefficient r = s_xy / (s_x s_y); None if truth or estimates do not vary."""
    if len(truth) < 2 or np.ptp(truth) == 0 or np.ptp(estimate) == 0:
        return None
    x, y = truth - truth.mean(), estimate - estimate.mean()
    return float(np.clip(x @ y / np.sqrt((x @ x) * (y @ y)), -1, 1))


def ccc(truth: Scores, estimate: Scores) -> float | None:
    """Concordance correlation 2 s_xy / (s_x^2 + s_y^2 + (m_x - m_y)^2), moments over n (Lin, Biometrics 45, 1989).

    It is 1 if estimates equal the truth, and 0 if they do not vary; None if neither truth nor estimates vary.
    """
    if len(truth) < 2 or (np.ptp(truth) == 0 and np.ptp(estimate) == 0):
        return None
    x, y = truth - truth.mean(), estimate - estimate.mean()
    distance = (truth.mean() - estimate.mean()) ** 2
    return float(2 * np.mean(x * y) / (np.mean(x * x) + np.mean(y * y) + distance))


def kappa(truth: Scores, estimate: Scores) -> float | None:
    """Cohen's weighted kappa of severity bands, 1 - sum(w O) / sum(w E), w the squared distance between two bands.

    O is the confusion matrix, E the one expected by chance from its margins (Cohen, Psychological Bulletin 70, 1968).
    None if all scores and all estimates are in one and the same band.
    """
    counts = confusion_matrix(truth, estimate)
    by_chance = np.outer(counts.sum(1), counts.sum(0)) / max(len(truth), 1)
    chance = float(np.sum(DISTANCES * by_chance))
    return 1 - float(np.sum(DISTANCES * counts)) / chance if chance else None


def spread(truth: Scores, estimate: Scores) -> float | None:
    """Ratio of the standard deviation of the estimates to that of the truth; below 1, estimates shrink to the middle.

    None if the truth does not vary.
    """
    return float(np.std(estimate) / np.std(truth)) if len(truth) and np.ptp(truth) else None


def severe_called_minimal(truth: Scores, estimate: Scores) -> float | None:
    """Count the videos with a score in the highest band and an estimate in the lowest."""
    if not len(truth):
        return None
    return float(np.sum((band_numbers(truth) == len(BANDS) - 1) & (band_numbers(estimate) == 0)))


def minimal_called_severe(truth: Scores, estimate: Scores) -> float | None:
    """Count the videos with a score in the lowest band and an estimate in the highest."""
    return severe_called_minimal(estimate, truth)


Metric = Callable[[Scores, Scores], float | None]

ERRORS: dict[str, Metric] = {"rmse": rmse, "mae": mae}
METRICS: dict[str, Metric] = {
    **ERRORS,
    "pcc": pcc,
    "ccc": ccc,
    "kappa": kappa,
    "spread": spread,
    "severe called minimal": severe_called_minimal,
    "minimal called severe": minimal_called_severe,
}
