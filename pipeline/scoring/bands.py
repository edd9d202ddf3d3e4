"""The severity bands of BDI-II (Beck, Steer and Brown, 1996), as the paper shades them in figure 5."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int


@dataclass(frozen=True)
class Band:
    """Scores that are called by one name.

    Attributes:
        name: minimal, mild, moderate or severe.
        low: the lowest whole score in it.
        high: the highest.
    """

    name: str
    low: int
    high: int

    @property
    def edges(self) -> tuple[float, float]:
        """Where the band begins and ends among estimates, which are no whole numbers: halfway to its neighbours.

        >>> Band("mild", 14, 19).edges
        (13.5, 19.5)
        """
        return self.low - 0.5, self.high + 0.5


BANDS = (Band("minimal", 0, 13), Band("mild", 14, 19), Band("moderate", 20, 28), Band("severe", 29, 63))

EDGES = np.array([band.edges[1] for band in BANDS[:-1]])


def band_numbers(scores: Float[np.ndarray, " videos"]) -> Int[np.ndarray, " videos"]:
    """The number in `BANDS` of the band of each score, as `band_of` has it.

    >>> band_numbers(np.array([13.4, 13.5, -2.0, 70.0])).tolist()
    [0, 1, 0, 3]
    """
    return np.searchsorted(EDGES, scores, side="right")


def confusion(
    truth: Float[np.ndarray, " videos"], estimate: Float[np.ndarray, " videos"]
) -> Int[np.ndarray, "truth estimate"]:
    """How many videos of each band (rows) are estimated to be of each band (columns)."""
    places = band_numbers(truth) * len(BANDS) + band_numbers(estimate)
    return np.bincount(places, minlength=len(BANDS) ** 2).reshape(len(BANDS), len(BANDS))


def band_of(score: float) -> Band:
    """The band of a score or an estimate; estimates below 0 are minimal, and above 63 severe.

    >>> band_of(13.4).name, band_of(13.5).name, band_of(-2.0).name, band_of(70.0).name
    ('minimal', 'mild', 'minimal', 'severe')
    """
    return next((band for band in BANDS if score < band.edges[1]), BANDS[-1])
