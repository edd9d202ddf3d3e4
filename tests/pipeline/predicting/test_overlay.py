"""The overlay: the face is marked at the right position and time, and the strip shows the estimate of the clip."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.faces.face_crop import ORIGINS
from pipeline.inspection.inspect_video import inspect
from pipeline.predicting.overlay import DETECTED, INTERPOLATED, STRIP_HEIGHT, write_overlay
from pipeline.records.frame_table import FrameTable
from pipeline.severity.scale import scale_of
from pipeline.video.reading import read_frames
from pipeline.video.writing import write_video
from pipeline.zarr_store import ARCHIVE, GroupWriter

GREY = 120
BOX = (30.0, 20.0, 90.0, 80.0)  # in frames of 160 x 120, which are scaled up by four
ORIGIN_NAMES = ["detected", "refined", "interpolated", "absent", "absent", "detected"]


@pytest.fixture
def overlay(tmp_path: Path) -> tuple[Path, FrameTable]:
    """The overlay of six grey frames, of which four have a face, and the frame table of the video."""
    video, aligned = tmp_path / "wall.mp4", tmp_path / "aligned"
    write_video(video, [np.full((120, 160, 3), GREY, np.uint8)] * 6, 5.0)
    origin = np.array([ORIGINS[name] for name in ORIGIN_NAMES], np.uint8)
    absent = origin == ORIGINS["absent"]
    boxes = np.tile(np.array(BOX, np.float32), (6, 1))
    landmarks = np.tile(np.array([[50, 40], [70, 40], [60, 50], [50, 60], [70, 60]], np.float32), (6, 1, 1))
    boxes[absent], landmarks[absent] = np.nan, np.nan
    with GroupWriter(aligned, ARCHIVE) as group:
        for name, rows in (("boxes", boxes), ("landmarks", landmarks), ("origin", origin)):
            group.append(name, rows)
    table, quality = inspect(video, None, 0.0)
    assert table is not None
    spans = [(0.0, 0.6, 10.0), (0.8, 1.2, 30.0)]
    write_overlay(tmp_path / "over.mp4", video, table, aligned, 20.0, spans, quality.canvas, scale_of())
    assert not list(tmp_path.glob("*.partial"))
    return tmp_path / "over.mp4", table


def _read_all_frames(path: Path) -> list[np.ndarray]:
    table, _ = inspect(path, None, 0.0)
    assert table is not None
    return list(read_frames(path, table.frame.tolist()))


def test_the_overlay_has_the_duration_of_the_video(overlay: tuple[Path, FrameTable]) -> None:
    table, quality = inspect(overlay[0], None, 0.0)
    assert table is not None
    np.testing.assert_allclose(table.time, overlay[1].time, atol=1e-3)
    assert (quality.width, quality.height) == (640, 480 + STRIP_HEIGHT)


def test_the_face_is_marked_at_its_position_and_nowhere_else(overlay: tuple[Path, FrameTable]) -> None:
    for frame, name in zip(_read_all_frames(overlay[0]), ORIGIN_NAMES, strict=True):
        left_edge, landmark = frame[200, 119:122].mean(0), frame[160, 200]  # x 30 and (50, 40), times four
        expected = {"absent": (GREY,) * 3, "interpolated": INTERPOLATED}.get(name, DETECTED)
        assert np.abs(left_edge - expected).max() < 60
        assert np.abs(landmark - np.array(expected, float)).max() < 60
        assert np.abs(frame[40, 500].astype(float) - GREY).max() < 5


def test_the_estimate_of_the_current_clip_is_written(overlay: tuple[Path, FrameTable]) -> None:
    texts = [frame[480:530, :250].astype(float) for frame in _read_all_frames(overlay[0])]

    def equal(first: int, second: int) -> bool:
        return float(np.abs(texts[first] - texts[second]).mean()) < 1.5

    assert equal(0, 2) and equal(4, 5)  # frames of the first clip, frames of the second clip
    assert not equal(0, 5) and not equal(0, 3) and not equal(3, 5)  # no clip at 0.6 s


def test_the_time_mark_moves_to_the_right(overlay: tuple[Path, FrameTable]) -> None:
    marks = [int(frame[484:492, 245:].mean((0, 2)).argmax()) for frame in _read_all_frames(overlay[0])]
    assert marks == sorted(marks)
    assert marks[-1] - marks[0] > 300


def test_a_demonstration_is_marked_and_has_no_bands(overlay: tuple[Path, FrameTable]) -> None:
    """The stripes of the bands are gone, and below the frame stands another word."""
    (video, aligned), table = (overlay[0].parent / name for name in ("wall.mp4", "aligned")), overlay[1]
    path = overlay[0].parent / "demonstration.mp4"
    write_overlay(path, video, table, aligned, 20.0, [], (160, 120), scale_of("bdi-ii"), demonstration=True)
    with_bands, without = (_read_all_frames(name)[3][480:] for name in (overlay[0], path))
    assert float(np.ptp(without[14:-14, 500].astype(float).mean(1))) < 12  # one grey from top to bottom
    assert float(np.ptp(with_bands[14:-14, 500].astype(float).mean(1))) > 12
    assert float(np.abs(with_bands[60:80, :240].astype(float) - without[60:80, :240]).mean()) > 1.5


def test_large_frames_are_scaled_down_to_even_sides(tmp_path: Path) -> None:
    write_video(tmp_path / "large.mp4", [np.full((300, 2560, 3), GREY, np.uint8)] * 2, 5.0)
    table, quality = inspect(tmp_path / "large.mp4", None, 0.0)
    assert table is not None
    with GroupWriter(tmp_path / "aligned", ARCHIVE) as group:
        group.append("boxes", np.full((2, 4), np.nan, np.float32))
        group.append("landmarks", np.full((2, 5, 2), np.nan, np.float32))
        group.append("origin", np.zeros(2, np.uint8))
    video, aligned = tmp_path / "large.mp4", tmp_path / "aligned"
    write_overlay(tmp_path / "over.mp4", video, table, aligned, None, [], quality.canvas, scale_of())
    assert _read_all_frames(tmp_path / "over.mp4")[0].shape == (150 + STRIP_HEIGHT, 1280, 3)
