"""The policies of `clip.absent`: how clips treat frames without a face.

A policy gives, for each frame of a phase, the frame that is read instead, or UNUSABLE:

    face present      1 1 0 0 1
    keep              0 1 2 3 4    frames without a face stay, black
    hold              0 1 1 1 4    the last frame with a face is repeated; at the start, the first one
    skip              0 1 - - 4    no clip may contain a frame without a face
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Int

UNUSABLE = -1  # no clip may contain the frame

Present = Bool[np.ndarray, " frames"]
SourceRows = Int[np.ndarray, " frames"]


def _keep(present: Present) -> SourceRows:
    return np.arange(len(present))


def _hold(present: Present) -> SourceRows:
    with_face = np.flatnonzero(present)
    if not len(with_face):
        return np.full(len(present), UNUSABLE)
    last = np.searchsorted(with_face, np.arange(len(present)), side="right") - 1
    return with_face[np.maximum(last, 0)]


def _skip(present: Present) -> SourceRows:
    return np.where(present, np.arange(len(present)), UNUSABLE)


POLICIES: dict[str, Callable[[Present], SourceRows]] = {"keep": _keep, "hold": _hold, "skip": _skip}
