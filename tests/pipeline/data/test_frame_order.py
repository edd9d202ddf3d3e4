"""What is done to the frames of a clip."""

import numpy as np
import pytest

from pipeline.data.frame_order import RECORDED, FrameOrder


def _shown(name: str, seed: int = 0, recording: str = "r1", start: int = 0, length: int = 16) -> list[int]:
    return FrameOrder(name, seed).places(recording, 0, start, length).tolist()


def test_orders_by_hand() -> None:
    assert RECORDED.places("r1", 0, 0, 5).tolist() == [0, 1, 2, 3, 4]
    assert _shown("reversed", length=5) == [4, 3, 2, 1, 0]
    assert _shown("frozen", length=5) == [2, 2, 2, 2, 2]
    assert _shown("frozen", length=4) == [2, 2, 2, 2]
    assert sorted(_shown("shuffled")) == list(range(16))
    assert _shown("shuffled") != list(range(16))


def test_shuffling_depends_on_the_clip_and_the_seed_and_on_nothing_else() -> None:
    first = _shown("shuffled")
    assert first == _shown("shuffled")
    others = [_shown("shuffled", seed=1), _shown("shuffled", recording="r2"), _shown("shuffled", start=8)]
    assert first not in others


def test_every_frame_comes_to_every_place() -> None:
    clips = np.array([_shown("shuffled", start=start, length=4) for start in range(400)])
    counts = np.array([[np.sum(clips[:, place] == frame) for frame in range(4)] for place in range(4)])
    assert (np.abs(counts - 100) < 40).all()  # four standard deviations of a fair draw are 35


def test_an_unknown_order_is_refused() -> None:
    with pytest.raises(ValueError, match="order 'mixed'; allowed: recorded, reversed, shuffled, frozen"):
        FrameOrder("mixed", 0)
