"""What is done to the frames of a clip before a network sees them: controls that take away what frames carry.

recorded    0 1 2 3    as they are
reversed    3 2 1 0    speeds stay, the direction of time goes
shuffled    2 0 3 1    looks and poses stay, their order goes
frozen      2 2 2 2    one frame is left: whatever is estimated from it is no dynamics
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from pipeline.data.seeding import Purpose, generator

Places = Int[np.ndarray, " time"]


def _recorded(length: int, random: np.random.Generator) -> Places:
    return np.arange(length)


def _reversed(length: int, random: np.random.Generator) -> Places:
    return np.arange(length)[::-1]


def _shuffled(length: int, random: np.random.Generator) -> Places:
    return random.permutation(length)


def _frozen(length: int, random: np.random.Generator) -> Places:
    return np.full(length, length // 2)


ORDERS: dict[str, Callable[[int, np.random.Generator], Places]] = {
    "recorded": _recorded,
    "reversed": _reversed,
    "shuffled": _shuffled,
    "frozen": _frozen,
}


@dataclass(frozen=True)
class FrameOrder:
    """In which order clips show their frames.

    Attributes:
        name: of `ORDERS`.
        seed: of what is drawn.
    """

    name: str
    seed: int

    def __post_init__(self) -> None:
        if self.name not in ORDERS:
            raise ValueError(f"order {self.name!r}; allowed: {', '.join(ORDERS)}")

    def places(self, recording: str, phase: int, start: int, length: int) -> Places:
        """The frame of the clip that is shown in the place of each; it depends on the clip, and on no other one."""
        digest = hashlib.sha256(recording.encode()).digest()
        named = int.from_bytes(digest[:8], "little")
        return ORDERS[self.name](length, generator(self.seed, Purpose.FRAMES, named, phase, start))


RECORDED = FrameOrder("recorded", 0)
