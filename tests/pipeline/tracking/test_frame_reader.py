"""The distinct pictures of a recording; key frames read alone are equal to those of a full decode."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.inspection.inspect_video import inspect
from pipeline.records.frame_table import FrameTable
from pipeline.tracking.frame_reader import FrameReader, batched, read_key_frames
from pipeline.video.reading import read_frames
from pipeline.video.writing import write_video

REAL = ["grid_brbk7n.mpg", "betajs_movie.flv", "pyfeat_face_noface.mov", "clm_cap13.webm", "openh264_BA1_FT_C.264"]


def _assert_key_frames_are_equal(path: Path, part: slice) -> None:
    """Compare some key frames of a video, read alone, with those of a full decode."""
    table, _ = inspect(path, None, 0.05)
    assert table is not None
    keys = np.flatnonzero(table.key)
    frames = keys[part].tolist()
    assert frames
    pictures = list(read_key_frames(path, frames, keys.tolist(), table.time[keys].tolist()))
    np.testing.assert_array_equal(np.stack(pictures), np.stack(list(read_frames(path, frames))))


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video of 600 frames; with x264's defaults at least every 250th is a key frame."""
    random = np.random.default_rng(0)
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    scene = random.integers(0, 256, (48, 64, 3), dtype=np.uint8)
    write_video(path, (np.roll(scene, t, 1) for t in range(600)), 25.0)
    return path


def test_key_frames_of_a_video(video: Path) -> None:
    _assert_key_frames_are_equal(video, slice(None))
    _assert_key_frames_are_equal(video, slice(1, None, 2))


def test_wrong_times_fall_back_to_a_full_decode(video: Path) -> None:
    table, _ = inspect(video, None, 0.0)
    assert table is not None
    keys = np.flatnonzero(table.key).tolist()
    times = (table.time[keys] + np.arange(len(keys)) * 0.04).tolist()
    pictures = list(read_key_frames(video, keys, keys, times))
    np.testing.assert_array_equal(np.stack(pictures), np.stack(list(read_frames(video, keys))))


@pytest.mark.parametrize("name", REAL)
def test_key_frames_of_real_videos(real_data: Path, name: str) -> None:
    _assert_key_frames_are_equal(real_data / "videos" / name, slice(None))


def test_a_repeated_frame_is_one_row() -> None:
    key = np.array([True, True, False, True, True])
    corrupt, zeros = np.zeros(5, bool), np.zeros(5)
    table = FrameTable(np.array([0, 0, 1, 3, 3]), np.arange(5.0), key, corrupt, zeros, zeros, np.arange(5.0))
    reader = FrameReader.from_table(Path("film.mp4"), table, (64, 48))
    assert reader.frames.tolist() == [0, 1, 3]
    assert reader.change.tolist() == [0.0, 2.0, 3.0]
    assert not reader.key.any()  # frame 2 has no row, so not all key frames are known
    complete = FrameTable(np.array([0, 1, 1, 2, 3]), np.arange(5.0), key, corrupt, zeros, zeros, np.arange(5.0))
    assert FrameReader.from_table(Path("film.mp4"), complete, (64, 48)).key.tolist() == [True, True, True, True]


def test_batched() -> None:
    assert list(batched(range(5), 2)) == [[0, 1], [2, 3], [4]]
