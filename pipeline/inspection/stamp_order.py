"""The order of time stamps: their usual step, and stamps that stand in the order of decoding.

A frame that is predicted from a later one (a B-frame) is stored after it and shown before it. AVI numbers frames as
they are stored, and decoders give them in the order in which they are shown: the stamps of H.264 in AVI are shuffled.
"""

from itertools import pairwise

import numpy as np
from jaxtyping import Float, Int
from numpy.lib.stride_tricks import sliding_window_view

REORDERED = 16  # frames: no codec shows a frame later or earlier than so many places from where it is stored
SHORTEST, LONGEST = 0.75, 1.5  # of the usual step: between these are the steps of shuffled stamps once they are sorted

Stamps = Float[np.ndarray, " stamps"]


def usual_step(frames: Int[np.ndarray, " stamps"], stamps: Stamps) -> float:
    """Return the median step from one frame to the next, in seconds; 0 if no stamp is later than another.

    Stamps are sorted in blocks first, so that shuffled stamps have the step of sorted ones, while a clock that starts
    anew spoils one block alone.

    Args:
        frames: numbers of the frames that have a stamp, rising.
        stamps: their stamps in seconds, in the order in which the frames are shown.

    Examples:
        >>> usual_step(np.arange(6), np.array([0.0, 2.0, 3.0, 1.0, 5.0, 4.0]))
        1.0
        >>> usual_step(np.array([0, 2, 4]), np.array([0.0, 2.0, 4.0]))  # every second stamp is missing
        1.0
    """
    size = min(max(len(stamps), 1), REORDERED)
    blocks = [values[: len(values) // size * size].reshape(-1, size) for values in (frames, stamps)]
    steps = np.diff(np.sort(blocks[1], axis=1), axis=1) / np.diff(blocks[0], axis=1)
    return float(np.median(steps[steps > 0])) if np.any(steps > 0) else 0.0


def sort_shuffled(stamps: Stamps, usual: float) -> Stamps:
    """Sort the stamps wherever they are shuffled within a few places, and steps of about the usual length result.

        shuffled         1 3 4 2 6 5 7   ->   1 2 3 4 5 6 7
        one is wrong     1 2 9 4 5 6 7   ->   as it is: sorted, there would be steps of 2
        two clocks       8 9 1 2 3 4 5   ->   as it is: sorted, there would be a step of 3

    Args:
        stamps: in seconds, in the order in which the frames are shown.
        usual: the usual step in seconds.

    Examples:
        >>> sort_shuffled(np.array([1.0, 3.0, 4.0, 2.0, 6.0, 5.0]), 1.0).tolist()
        [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    """
    padding = np.full(REORDERED, np.inf)
    latest_before = sliding_window_view(np.concatenate([-padding, stamps]), REORDERED).max(1)
    earliest_from = sliding_window_view(np.concatenate([stamps, padding]), REORDERED).min(1)
    borders = np.flatnonzero(latest_before < earliest_from).tolist()  # nothing is shuffled across one; first 0, last N
    result = stamps.copy()
    for first, stop in pairwise(borders):
        if stop - first > 1:
            block = np.sort(stamps[first:stop])
            around = np.concatenate([[latest_before[first]], block, [earliest_from[stop]]])
            steps = np.diff(around[np.isfinite(around)])
            if steps.min() > SHORTEST * usual and steps.max() < LONGEST * usual:
                result[first:stop] = block
    return result
