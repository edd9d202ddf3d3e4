"""Sums over the videos of each subject: the videos of one subject are alike, and so are one draw, not several."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

Features = Float[np.ndarray, "videos features"]
ClusterSums = Float[np.ndarray, "*trials subjects features"]
Sums = Float[np.ndarray, "*trials features"]  # over videos, of their features
Values = Float[np.ndarray, "*trials"] | float  # of a statistic; a number if there is no axis of trials


def cluster_sums(features: Features, subjects: Sequence[str]) -> Float[np.ndarray, "subjects features"]:
    """Add the features of the videos of each subject; subjects are sorted by name.

    Args:
        features: one row for each video.
        subjects: the subject of each video.

    Examples:
        >>> cluster_sums(np.array([[1.0, 5], [1, 2], [1, 3]]), ["b", "a", "b"]).tolist()
        [[1.0, 2.0], [2.0, 8.0]]
    """
    names, rows = np.unique(np.asarray(subjects, str), return_inverse=True)
    sums = np.zeros((len(names), features.shape[1]))
    np.add.at(sums, rows, features)
    return sums


def leave_one_out(sums: ClusterSums) -> ClusterSums:
    """Return the sums over all subjects but one, for each subject that is left out."""
    return sums.sum(-2, keepdims=True) - sums
