"""A decoded frame, and its grey levels."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import UInt8

from pipeline.video.orientation import Orientation


@dataclass(frozen=True, slots=True)
class Frame:
    """A decoded frame in the decoder's pixel format.

    Attributes:
        time: presentation time in seconds, or None if the frame has no timestamp.
        key: whether it is a key frame.
        corrupt: whether the decoder marked it as corrupt.
        interlaced: whether it is flagged as interlaced: its even and odd lines show two moments.
        orientation: how the picture becomes upright.
        raw: the frame as PyAV's object.
    """

    time: float | None
    key: bool
    corrupt: bool
    interlaced: bool
    orientation: Orientation
    raw: Any


@dataclass(frozen=True)
class Grey:
    """The grey levels of a frame.

    Attributes:
        levels: the grey levels as stored.
        black: the level of black.
        gain: the factor that scales (level - black) to 0 to 255.
    """

    levels: UInt8[np.ndarray, "height width"]
    black: int
    gain: float
