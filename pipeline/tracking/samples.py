"""A few of many observations, spread over the whole recording."""

import numpy as np
from jaxtyping import Int


def evenly_spaced(count: int, most: int) -> Int[np.ndarray, " chosen"]:
    """Return up to `most` of the indices 0 to `count` - 1, evenly spaced; the first and the last are among them.

    Examples:
        >>> evenly_spaced(9, 3).tolist(), evenly_spaced(2, 3).tolist()
        ([0, 4, 8], [0, 1])
    """
    return np.unique(np.linspace(0, count - 1, min(count, most)).astype(int))
