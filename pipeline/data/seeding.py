"""Random draws as pure functions: a draw depends on a seed, a purpose and running numbers, and on nothing else.

No generator lives from one draw to the next, so an interruption, the number of loader workers or the order of the
draws changes nothing, and there is no random state to save.
"""

from enum import IntEnum

import numpy as np


class Purpose(IntEnum):
    """The purpose of a draw; draws for different purposes are independent under one seed."""

    WEIGHTS = 0
    SAMPLE = 1
    ORDER = 2
    HELD_OUT = 3
    DROPOUT = 4
    LABELS = 5
    FRAMES = 6


def generator(seed: int, purpose: Purpose, *numbers: int) -> np.random.Generator:
    """Return the generator of one draw."""
    return np.random.default_rng([seed, purpose, *numbers])


def torch_seed(seed: int, purpose: Purpose, *numbers: int) -> int:
    """Return a seed of 63 bits for PyTorch's generators."""
    return int(np.random.SeedSequence([seed, purpose, *numbers]).generate_state(1, np.uint64)[0] >> 1)
