"""Motion statistics against a bar that moves by hand, and against a plain loop over pairs of frames."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.data.frame_order import FrameOrder
from pipeline.descriptors.motion import clip_motion, squared_differences
from tests.pipeline.training.material import write_sequence

SIDE, LAGS, LENGTH = 16, 4, 8
SETTINGS: dict[str, Any] = {
    "side": SIDE,
    "lags": LAGS,
    "length": LENGTH,
    "absent": "skip",
    "order": "recorded",
    "seed": 0,
}


def _moving_bar(frames: int) -> np.ndarray:
    """Pictures of 8 x 8 pixels: a bright bar, one column wide, is at column t in frame t."""
    pictures = np.zeros((frames, 8, 8))
    pictures[np.arange(frames), :, np.arange(frames)] = 1
    return pictures


def test_a_moving_bar() -> None:
    """Two columns differ. Eyes are rows 2 to 4 of columns 1 to 6; the mouth is rows 6 and 7 of columns 2 to 5."""
    sums, pairs = squared_differences(_moving_bar(4), np.ones(4, bool), 5)
    assert pairs.tolist() == [3, 2, 1, 0, 0]
    assert sums == pytest.approx(
        np.array(
            [
                [3 * 2 / 8, 2 * 2 / 8, 2 / 8, 0, 0],
                [(1 + 2 + 2) / 6, (1 + 2) / 6, 1 / 6, 0, 0],
                [(0 + 1 + 2) / 4, (1 + 1) / 4, 1 / 4, 0, 0],
            ]
        )
    )


def test_a_pair_counts_if_both_frames_show_a_face() -> None:
    sums, pairs = squared_differences(_moving_bar(4), np.array([True, False, True, True]), 3)
    assert pairs.tolist() == [1, 1, 1]  # 2-3, 0-2, 0-3
    assert sums[2] == pytest.approx([2 / 4, 1 / 4, 1 / 4])


def _plain(faces: np.ndarray, clips: list[list[int]], absent: tuple[int, ...] = ()) -> np.ndarray:
    """The differences of a recording by loops over clips, lags and pairs, with the boxes of 16 pixels by hand."""
    pictures = []
    for face in faces:
        luma = face.astype(float) @ (0.299, 0.587, 0.114)
        small = (luma[::2, ::2] + luma[1::2, ::2] + luma[::2, 1::2] + luma[1::2, 1::2]) / 4
        pictures.append((small - small.mean()) / (small.std() or 1))
    values: dict[tuple[int, int], list[float]] = {}
    for clip in clips:
        for a, first in enumerate(clip):
            for b, second in enumerate(clip):
                if 0 < b - a <= LAGS and first not in absent and second not in absent:
                    difference = pictures[first] - pictures[second]
                    for region, part in enumerate((difference, difference[5:10, 3:13], difference[11:15, 4:12])):
                        values.setdefault((region, b - a), []).append(float(np.mean(part**2)))
    return np.array([[np.mean(values[region, lag]) for lag in range(1, LAGS + 1)] for region in range(3)])


def _random_faces(frames: int) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (frames, 32, 32, 3), dtype=np.uint8)


def test_a_recording_with_a_gap_and_a_break(tmp_path: Path) -> None:
    """20 frames, none at 12: clips from 0 and 4, and the last 7 are too few; 17 frames with a break at 8: 0, 8, 9."""
    faces = _random_faces(37)
    folder = write_sequence(tmp_path / "a", [20, 17], absent=[12], breaks=[20, 28], faces=faces)
    motion = clip_motion(folder, **SETTINGS, phases=2)
    first = _plain(faces[:20], [list(range(8)), list(range(4, 12))])
    second = _plain(faces[20:], [list(range(8)), list(range(8, 16)), list(range(9, 17))])
    assert motion["differences"] == pytest.approx(np.array([first, second]))
    assert motion["pairs"].tolist() == [[14, 12, 10, 8], [21, 18, 15, 12]]
    assert (motion["frames"].tolist(), motion["lengths"].tolist()) == ([12, 17], [20, 17])
    assert clip_motion(folder, **SETTINGS)["differences"] == pytest.approx(motion["differences"][:1], abs=0)


@pytest.mark.parametrize("absent", ["hold", "keep"])
def test_a_held_or_black_face_is_in_no_pair(tmp_path: Path, absent: str) -> None:
    faces = _random_faces(8)
    folder = write_sequence(tmp_path / "a", [8], absent=[3], faces=faces)
    motion = clip_motion(folder, **{**SETTINGS, "absent": absent})
    assert motion["pairs"].tolist() == [[5, 4, 3, 3]]
    assert motion["differences"][0] == pytest.approx(_plain(faces, [list(range(8))], absent=(3,)))


def test_a_short_recording_is_not_looped(tmp_path: Path) -> None:
    motion = clip_motion(write_sequence(tmp_path / "a", [4]), **SETTINGS)
    assert motion["pairs"].tolist() == [[3, 2, 1, 0]]
    assert np.isnan(motion["differences"][0]).tolist() == [[False, False, False, True]] * 3


def test_a_recording_without_a_face_has_no_pairs(tmp_path: Path) -> None:
    motion = clip_motion(write_sequence(tmp_path / "a", [20, 19], absent=True), **SETTINGS, phases=2)
    assert not motion["pairs"].any()
    assert np.isnan(motion["differences"]).all()


def test_orders_are_those_of_clips(tmp_path: Path) -> None:
    faces = _random_faces(16)
    folder = write_sequence(tmp_path / "a", [16], faces=faces)
    by_order = {order: clip_motion(folder, **{**SETTINGS, "order": order, "seed": 5}) for order in ("shuffled",)}
    shuffled = [
        (start + FrameOrder("shuffled", 5).frame_indices(8, "a", 0, start)).tolist() for start in (0, 8)
    ]  # as a network of clips sees them
    assert shuffled != [list(range(8)), list(range(8, 16))]
    assert by_order["shuffled"]["differences"][0] == pytest.approx(_plain(faces, shuffled))
    recorded = clip_motion(folder, **SETTINGS)["differences"]
    assert clip_motion(folder, **{**SETTINGS, "order": "reversed"})["differences"] == pytest.approx(recorded)
    assert not clip_motion(folder, **{**SETTINGS, "order": "frozen"})["differences"].any()


def test_light_that_flickers_is_no_motion(tmp_path: Path) -> None:
    still = np.repeat(np.random.default_rng(1).integers(0, 200, (1, 32, 32, 3), dtype=np.uint8), 8, axis=0)
    flickering = still + np.arange(0, 40, 5, dtype=np.uint8)[:, None, None, None]
    folder = write_sequence(tmp_path / "a", [8], faces=flickering)
    assert clip_motion(folder, **SETTINGS)["differences"] == pytest.approx(0, abs=1e-20)
