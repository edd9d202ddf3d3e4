"""Folds of cross-validation that divide no subject."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int


def cross_validation_folds(subjects: Sequence[str], folds: int) -> Int[np.ndarray, " recordings"]:
    """Return the fold of each recording, from 0; the recordings of a subject are in one fold.

    The subjects are sorted and dealt out to the folds in turn. There are at most as many folds as subjects.

    Examples:
        >>> cross_validation_folds(["b", "a", "c", "a", "d"], folds=3).tolist()
        [1, 0, 2, 0, 0]

    Raises:
        ValueError: if there are fewer than 2 folds.
    """
    if folds < 2:
        raise ValueError(f"{folds} folds of cross-validation; allowed: 2 or more")
    _, numbers = np.unique(np.array(subjects, str), return_inverse=True)
    return numbers % folds
