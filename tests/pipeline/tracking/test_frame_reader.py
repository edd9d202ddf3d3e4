"""The different pictures of a recording; key frames read alone are the pictures that reading everything gives."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.inspection import inspect
from pipeline.records.frame_table import FrameTable
from pipeline.tracking.frame_reader import FrameReader, batched, read_key_frames
from pipeline.video import read_frames, write_video

REAL = ["grid_brbk7n.mpg", "betajs_movie.flv", "pyfeat_face_noface.mov", "clm_cap13.webm", "openh264_BA1_FT_C.264"]


def _equal(path: Path, chosen: slice) -> None:
    table, _ = inspect(path, None, 0.05)
    assert table is not None
    keys = np.flatnonzero(table.key)
    wanted = keys[chosen].tolist()
    assert wanted
    through = list(read_key_frames(path, wanted, keys.tolist(), table.time[keys].tolist()))
    np.testing.assert_array_equal(np.stack(through), np.stack(list(read_frames(path, wanted))))


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """600 frames: with x264's defaults a key frame at least every 250."""
    random = np.random.default_rng(0)
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    scene = random.integers(0, 256, (48, 64, 3), dtype=np.uint8)
    write_video(path, (np.roll(scene, t, 1) for t in range(600)), 25.0)
    return path


def test_key_frames_of_a_film(film: Path) -> None:
    _equal(film, slice(None))
    _equal(film, slice(1, None, 2))


def test_wrong_times_fall_back_on_reading_everything(film: Path) -> None:
    table, _ = inspect(film, None, 0.0)
    assert table is not None
    keys = np.flatnonzero(table.key).tolist()
    times = (table.time[keys] + np.arange(len(keys)) * 0.04).tolist()
    found = list(read_key_frames(film, keys, keys, times))
    np.testing.assert_array_equal(np.stack(found), np.stack(list(read_frames(film, keys))))


@pytest.mark.parametrize("name", REAL)
def test_key_frames_of_real_films(real_data: Path, name: str) -> None:
    _equal(real_data / "videos" / name, slice(None))


def test_a_frame_named_twice_is_one_row() -> None:
    key = np.array([True, True, False, True, True])
    none, flat = np.zeros(5, bool), np.zeros(5)
    table = FrameTable(np.array([0, 0, 1, 3, 3]), np.arange(5.0), key, none, flat, flat, np.arange(5.0))
    film = FrameReader.of(Path("film.mp4"), table)
    assert film.frames.tolist() == [0, 1, 3]
    assert film.change.tolist() == [0.0, 2.0, 3.0]
    assert not film.key.any()  # frame 2 has no row: which other key frames there are is not known
    whole = FrameTable(np.array([0, 1, 1, 2, 3]), np.arange(5.0), key, none, flat, flat, np.arange(5.0))
    assert FrameReader.of(Path("film.mp4"), whole).key.tolist() == [True, True, True, True]


def test_blocks() -> None:
    assert list(batched(range(5), 2)) == [[0, 1], [2, 3], [4]]
