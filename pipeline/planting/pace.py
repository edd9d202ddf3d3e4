"""The pace of a planted film: the time from one of its frames to the next, in the recording that they are picked from.

A film shows at one constant rate frames that lie a step apart in the recording. The step depends on the score,

    step = 0.12 s x exp(-cue / 2 x u),   u = 2 x severity - 1,

so that a higher score makes a slower film. The severity is 0 at the lowest score of the scale and 1 at the highest that
is drawn, so u runs from -1 to 1. At cue 2 the step runs from 0.33 s to 0.044 s, and at cue 0 it is
always 0.12 s.

    recording  | | | | | | | | | | | | | | | | | | |     a frame every 0.04 s
    severity 0 ^               ^               ^         every eighth, at cue 2
    severity 1 ^ ^ ^                                     every one
"""

from dataclasses import dataclass, replace
from math import exp

import numpy as np
from jaxtyping import Float, Int

MIDDLE_STEP = 0.12  # seconds; of the middle severity, and of all at cue 0


@dataclass(frozen=True)
class Pace:
    """How fast the films of a corpus go.

    Attributes:
        cue: how strongly the step depends on the score.
        frames: of a film.
        largest_cue: what sessions claim footage for; corpora with any smaller cue have the same people and stretches.
    """

    cue: float
    frames: int
    largest_cue: float

    def step(self, severity: float) -> float:
        """Return the seconds in the recording from one frame of a film to the next."""
        return MIDDLE_STEP * exp(-self.cue / 2 * (2 * severity - 1))

    @property
    def stretch(self) -> float:
        """The seconds of a recording that every session claims, whatever its score: frames x the largest step."""
        return self.frames * self._largest.step(0)

    @property
    def longest_interval(self) -> float:
        """The longest time between two frames of a recording, in seconds, with which no frame is picked twice.

        At most the smallest step, so that a film repeats no frame; and at most half the largest step, so that the two
        films of a session, which begin at least so far apart, differ.
        """
        return min(self._largest.step(1), self._largest.step(0) / 2)

    @property
    def _largest(self) -> "Pace":
        """The pace at the largest cue."""
        return replace(self, cue=self.largest_cue)

    def times(self, start: float, severity: float, share: float) -> Float[np.ndarray, " frames"]:
        """Return the times of a film's frames.

        Args:
            start: of the stretch of the session, in seconds.
            severity: of the session.
            share: where in the stretch the film begins: the share of the time that it leaves free, from 0 to below 1.
        """
        step = self.step(severity)
        free = self.stretch - (self.frames - 1) * step
        return start + share * free + np.arange(self.frames) * step


def slowing(cue: float, difference: float) -> float:
    """Return how much slower a film goes than one whose severity is lower by `difference`: a share, 0 to below 1.

    Examples:
        >>> round(slowing(0.5, 10 / 45), 3), round(slowing(2, 10 / 45), 3)  # over 10 of 45 points
        (0.105, 0.359)
    """
    pace = Pace(cue, 1, cue)
    return 1 - pace.step(difference) / pace.step(0)


def nearest(
    times: Float[np.ndarray, " candidates"], wanted: Float[np.ndarray, " frames"]
) -> Int[np.ndarray, " frames"]:
    """Return the index of the time that is nearest to each wanted one; of two equally near ones the later.

    Examples:
        >>> nearest(np.array([0.0, 0.1, 0.2, 0.4]), np.array([0.04, 0.16, 0.31])).tolist()
        [0, 2, 3]

    Raises:
        ValueError: if one is the nearest of two wanted times.
    """
    indices = np.searchsorted((times[:-1] + times[1:]) / 2, wanted, side="right")
    if np.any(np.diff(indices) < 1):
        raise ValueError("a frame would be picked twice: the recording has too few in this stretch")
    return indices
