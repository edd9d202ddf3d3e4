"""Scores and estimates by severity band, as arrays; the bands are those of a scale (`pipeline.severity.scale`)."""

import numpy as np
from jaxtyping import Float, Int

from pipeline.severity.scale import SeverityScale


def band_numbers(scores: Float[np.ndarray, " videos"], scale: SeverityScale) -> Int[np.ndarray, " videos"]:
    """Return the number of the band of each score, from 0; bands as in `SeverityScale.band_of`.

    Examples:
        >>> from pipeline.severity.scale import scale_of
        >>> band_numbers(np.array([13.4, 13.5, -2.0, 70.0]), scale_of("bdi-ii")).tolist()
        [0, 1, 0, 3]
    """
    return np.searchsorted(scale.edges, scores, side="right")


def confusion_matrix(
    truth: Float[np.ndarray, " videos"], estimate: Float[np.ndarray, " videos"], scale: SeverityScale
) -> Int[np.ndarray, "truth estimate"]:
    """Count the videos by the band of their score (rows) and of their estimate (columns)."""
    bands = len(scale.bands)
    cells = band_numbers(truth, scale) * bands + band_numbers(estimate, scale)
    return np.bincount(cells, minlength=bands**2).reshape(bands, bands)
