"""The video with what was seen of it: marked where there is a face, at the right place, in the right time."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.faces.face_crop import ORIGINS
from pipeline.inspection import inspect
from pipeline.predicting.overlay import BRIDGED, SEEN, STRIP, write_overlay
from pipeline.records.frame_table import FrameTable
from pipeline.video import read_frames, write_video
from pipeline.zarr_store import ARCHIVE, GroupWriter

WALL = 120
BOX = (30.0, 20.0, 90.0, 80.0)  # of pictures of 160 x 120, which are shown four times as large
NAMES = ["detected", "refined", "interpolated", "absent", "absent", "detected"]


@pytest.fixture
def drawn(tmp_path: Path) -> tuple[Path, FrameTable]:
    """The overlay of six frames of a wall, in four of which a face was seen, and the table of the frames."""
    video, aligned = tmp_path / "wall.mp4", tmp_path / "aligned"
    write_video(video, [np.full((120, 160, 3), WALL, np.uint8)] * 6, 5.0)
    origin = np.array([ORIGINS[name] for name in NAMES], np.uint8)
    hidden = origin == ORIGINS["absent"]
    boxes = np.tile(np.array(BOX, np.float32), (6, 1))
    landmarks = np.tile(np.array([[50, 40], [70, 40], [60, 50], [50, 60], [70, 60]], np.float32), (6, 1, 1))
    boxes[hidden], landmarks[hidden] = np.nan, np.nan
    with GroupWriter(aligned, ARCHIVE) as group:
        for name, rows in (("boxes", boxes), ("landmarks", landmarks), ("origin", origin)):
            group.append(name, rows)
    table, _ = inspect(video, None, 0.0)
    assert table is not None
    write_overlay(tmp_path / "over.mp4", video, table, aligned, 20.0, [(0.0, 0.6, 10.0), (0.8, 1.2, 30.0)])
    assert not list(tmp_path.glob("*.partial"))
    return tmp_path / "over.mp4", table


def _pictures(path: Path) -> list[np.ndarray]:
    table, _ = inspect(path, None, 0.0)
    assert table is not None
    return list(read_frames(path, table.frame.tolist()))


def test_it_lasts_as_long_as_the_video(drawn: tuple[Path, FrameTable]) -> None:
    table, quality = inspect(drawn[0], None, 0.0)
    assert table is not None
    np.testing.assert_allclose(table.time, drawn[1].time, atol=1e-3)
    assert (quality.width, quality.height) == (640, 480 + STRIP)


def test_the_face_is_marked_where_it_is_and_nowhere_else(drawn: tuple[Path, FrameTable]) -> None:
    for picture, name in zip(_pictures(drawn[0]), NAMES, strict=True):
        left_edge, landmark = picture[200, 119:122].mean(0), picture[160, 200]  # x 30 and (50, 40), times four
        expected = {"absent": (WALL,) * 3, "interpolated": BRIDGED}.get(name, SEEN)
        assert np.abs(left_edge - expected).max() < 60
        assert np.abs(landmark - np.array(expected, float)).max() < 60
        assert np.abs(picture[40, 500].astype(float) - WALL).max() < 5


def test_the_estimate_of_the_moment_is_told(drawn: tuple[Path, FrameTable]) -> None:
    words = [picture[480:530, :250].astype(float) for picture in _pictures(drawn[0])]

    def alike(one: int, other: int) -> bool:
        return float(np.abs(words[one] - words[other]).mean()) < 1.5

    assert alike(0, 2) and alike(4, 5)  # of the first clip, of the second
    assert not alike(0, 5) and not alike(0, 3) and not alike(3, 5)  # at 0.6 s there is none


def test_where_in_the_video_it_is_moves_along(drawn: tuple[Path, FrameTable]) -> None:
    marks = [int(picture[484:492, 245:].mean((0, 2)).argmax()) for picture in _pictures(drawn[0])]
    assert marks == sorted(marks)
    assert marks[-1] - marks[0] > 300


def test_large_videos_are_shrunk_and_odd_sides_made_even(tmp_path: Path) -> None:
    write_video(tmp_path / "large.mp4", [np.full((300, 2560, 3), WALL, np.uint8)] * 2, 5.0)
    table, _ = inspect(tmp_path / "large.mp4", None, 0.0)
    assert table is not None
    with GroupWriter(tmp_path / "aligned", ARCHIVE) as group:
        group.append("boxes", np.full((2, 4), np.nan, np.float32))
        group.append("landmarks", np.full((2, 5, 2), np.nan, np.float32))
        group.append("origin", np.zeros(2, np.uint8))
    write_overlay(tmp_path / "over.mp4", tmp_path / "large.mp4", table, tmp_path / "aligned", None, [])
    assert _pictures(tmp_path / "over.mp4")[0].shape == (150 + STRIP, 1280, 3)
