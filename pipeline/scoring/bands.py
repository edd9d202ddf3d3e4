"""The severity bands of BDI-II (Beck, Steer and Brown, 1996), as in figure 5 of the paper."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int


@dataclass(frozen=True)
class Band:
    """A severity band: a range of scores.

    Attributes:
        name: minimal, mild, moderate or severe.
        low: its lowest integer score.
        high: its highest integer score.
    """

    name: str
    low: int
    high: int

    @property
    def edges(self) -> tuple[float, float]:
        """The limits of the band for estimates, which are not integers: halfway to the neighbouring bands.

        Examples:
            >>> Band("mild", 14, 19).edges
            (13.5, 19.5)
        """
        return self.low - 0.5, self.high + 0.5


BANDS = (Band("minimal", 0, 13), Band("mild", 14, 19), Band("moderate", 20, 28), Band("severe", 29, 63))

EDGES = np.array([band.edges[1] for band in BANDS[:-1]])


def band_numbers(scores: Float[np.ndarray, " videos"]) -> Int[np.ndarray, " videos"]:
    """Return the index in `BANDS` of the band of each score; bands as in `band_of`.

    Examples:
        >>> band_numbers(np.array([13.4, 13.5, -2.0, 70.0])).tolist()
        [0, 1, 0, 3]
    """
    return np.searchsorted(EDGES, scores, side="right")


def confusion_matrix(
    truth: Float[np.ndarray, " videos"], estimate: Float[np.ndarray, " videos"]
) -> Int[np.ndarray, "truth estimate"]:
    """Count the videos by the band of their score (rows) and of their estimate (columns)."""
    cells = band_numbers(truth) * len(BANDS) + band_numbers(estimate)
    return np.bincount(cells, minlength=len(BANDS) ** 2).reshape(len(BANDS), len(BANDS))


def band_of(score: float) -> Band:
    """Return the band of a score or an estimate; estimates below 0 are minimal, and those above 63 severe.

    Examples:
        >>> band_of(13.4).name, band_of(13.5).name, band_of(-2.0).name, band_of(70.0).name
        ('minimal', 'mild', 'minimal', 'severe')
    """
    return next((band for band in BANDS if score < band.edges[1]), BANDS[-1])
