"""Orders of the frames of a clip: controls that take temporal information away from the network.

recorded    0 1 2 3    unchanged
reversed    3 2 1 0    keeps speeds, takes the direction of time away
shuffled    2 0 3 1    keeps appearance and poses, takes their order away
frozen      2 2 2 2    keeps a single frame: whatever is estimated from it does not rest on dynamics

In testing alone (evaluate.order) an order shows what a fitted network rests on. In fitting too (clip.order) it shows
what can be learned without the rest.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from pipeline.data.seeding import Purpose, generator

Indices = Int[np.ndarray, " time"]


def _recorded(length: int, random: np.random.Generator) -> Indices:
    return np.arange(length)


def _reversed(length: int, random: np.random.Generator) -> Indices:
    return np.arange(length)[::-1]


def _shuffled(length: int, random: np.random.Generator) -> Indices:
    return random.permutation(length)


def _frozen(length: int, random: np.random.Generator) -> Indices:
    return np.full(length, length // 2)


ORDERS: dict[str, Callable[[int, np.random.Generator], Indices]] = {
    "recorded": _recorded,
    "reversed": _reversed,
    "shuffled": _shuffled,
    "frozen": _frozen,
}


@dataclass(frozen=True)
class FrameOrder:
    """The order in which a network sees the frames of a clip.

    Attributes:
        name: a key of `ORDERS`.
        seed: of the random orders.
    """

    name: str
    seed: int

    def __post_init__(self) -> None:
        if self.name not in ORDERS:
            raise ValueError(f"order {self.name!r}; allowed: {', '.join(ORDERS)}")

    def frame_indices(self, length: int, recording: str, *numbers: int) -> Indices:
        """Return the frame of the clip at each position.

        Args:
            length: frames of the clip.
            recording: its id. A random order depends on the seed, on this id and on the numbers alone.
            numbers: which clip of the recording it is: its phase and start; in fitting the number of the sample too.
        """
        digest = hashlib.sha256(recording.encode()).digest()
        recording_number = int.from_bytes(digest[:8], "little")
        return ORDERS[self.name](length, generator(self.seed, Purpose.FRAMES, recording_number, *numbers))


RECORDED = FrameOrder("recorded", 0)
