"""What clips do with frames in which no face was found: the policies of `clip.absent`.

A policy says, for each frame of a phase, which frame is shown in its place, or that no clip may hold it:

    a face is seen    1 1 0 0 1
    keep              0 1 2 3 4    the black frames stay
    hold              0 1 1 1 4    the last face seen stands in; at the start the first one
    skip              0 1 - - 4    no clip holds such a frame
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Int

UNUSABLE = -1  # no clip may hold the frame

Present = Bool[np.ndarray, " frames"]
SourceRows = Int[np.ndarray, " frames"]


def _keep(present: Present) -> SourceRows:
    return np.arange(len(present))


def _hold(present: Present) -> SourceRows:
    seen = np.flatnonzero(present)
    if not len(seen):
        return np.full(len(present), UNUSABLE)
    last = np.searchsorted(seen, np.arange(len(present)), side="right") - 1
    return seen[np.maximum(last, 0)]


def _skip(present: Present) -> SourceRows:
    return np.where(present, np.arange(len(present)), UNUSABLE)


POLICIES: dict[str, Callable[[Present], SourceRows]] = {"keep": _keep, "hold": _hold, "skip": _skip}
