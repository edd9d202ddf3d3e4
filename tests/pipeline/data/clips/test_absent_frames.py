"""Tests of the policies for frames without a face."""

import numpy as np
import pytest

from pipeline.data.clips.absent_frames import POLICIES, UNUSABLE

X = UNUSABLE


@pytest.mark.parametrize(
    ("present", "keep", "hold", "skip"),
    [
        ([1, 1, 1], [0, 1, 2], [0, 1, 2], [0, 1, 2]),
        ([1, 1, 0, 0, 1], [0, 1, 2, 3, 4], [0, 1, 1, 1, 4], [0, 1, X, X, 4]),
        ([0, 0, 1, 0], [0, 1, 2, 3], [2, 2, 2, 2], [X, X, 2, X]),
        ([0, 0], [0, 1], [X, X], [X, X]),
        ([], [], [], []),
    ],
)
def test_policies(present: list[int], keep: list[int], hold: list[int], skip: list[int]) -> None:
    rows = {name: policy(np.array(present, bool)).tolist() for name, policy in POLICIES.items()}
    assert rows == {"keep": keep, "hold": hold, "skip": skip}
