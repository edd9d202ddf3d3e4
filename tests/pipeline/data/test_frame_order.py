"""Tests of the orders of frames in a clip."""

import numpy as np
import pytest

from pipeline.data.frame_order import RECORDED, FrameOrder


def _indices(name: str, seed: int = 0, recording: str = "r1", start: int = 0, length: int = 16) -> list[int]:
    return FrameOrder(name, seed).frame_indices(length, recording, 0, start).tolist()


def test_orders_worked_by_hand() -> None:
    assert RECORDED.frame_indices(5, "r1", 0, 0).tolist() == [0, 1, 2, 3, 4]
    assert _indices("reversed", length=5) == [4, 3, 2, 1, 0]
    assert _indices("frozen", length=5) == [2, 2, 2, 2, 2]
    assert _indices("frozen", length=4) == [2, 2, 2, 2]
    assert sorted(_indices("shuffled")) == list(range(16))
    assert _indices("shuffled") != list(range(16))


def test_shuffling_depends_on_the_clip_and_the_seed_alone() -> None:
    first = _indices("shuffled")
    assert first == _indices("shuffled")
    different = [_indices("shuffled", seed=1), _indices("shuffled", recording="r2"), _indices("shuffled", start=8)]
    assert first not in different


def test_shuffling_puts_every_frame_at_every_position_equally_often() -> None:
    clips = np.array([_indices("shuffled", start=start, length=4) for start in range(400)])
    counts = np.array([[np.sum(clips[:, position] == frame) for frame in range(4)] for position in range(4)])
    assert (np.abs(counts - 100) < 40).all()  # four standard deviations of a fair draw are 35


def test_an_unknown_order_is_refused() -> None:
    with pytest.raises(ValueError, match="order 'mixed'; allowed: recorded, reversed, shuffled, frozen"):
        FrameOrder("mixed", 0)
