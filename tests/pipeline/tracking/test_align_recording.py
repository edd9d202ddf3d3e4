"""Alignment of a recording: one row a frame, no invented faces, and gaps filled up to the limit only."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.faces.face_crop import ORIGINS, CropSettings
from pipeline.faces.template import TEMPLATE
from pipeline.inspection.inspect_video import inspect, write_inspection
from pipeline.records.quality import write_decoded
from pipeline.simulation.appearance import draw_appearance
from pipeline.simulation.drawing import FacePose, draw_frame
from pipeline.simulation.motion import Expression
from pipeline.simulation.random_streams import random_stream
from pipeline.tracking.align_recording import TrackingSettings, align_recording
from pipeline.video.writing import write_video
from pipeline.zarr_store import read_array, read_attributes
from tests.pipeline.tracking.no_doubts import NO_DOUBTS

SETTINGS = CropSettings("similarity", 56, 32, (0.6, 0.7, 0.7), 0.2, "cpu")
EVERY = TrackingSettings("every", 0.4, 3)
HIDDEN = {6, 7, 14, 15, 16, 17, 18}  # a gap of two frames and a gap of five


def _write_video(path: Path, frames: int, hidden: set[int]) -> np.ndarray:
    """Write a video of a moving head, with only the wall in the `hidden` frames; return the true landmarks."""
    random = random_stream(11, "film")
    appearance = draw_appearance(random_stream(4, "look"))
    pictures, landmarks = [], []
    for t in range(frames):
        sway = np.sin(t / 4)
        picture, points = draw_frame(
            appearance, Expression(sway=sway, tilt=sway), FacePose(80, 58, 33), 160, 120, random
        )
        wall = np.broadcast_to(picture[:4, :4].mean((0, 1)), picture.shape).astype(np.uint8)
        pictures.append(wall if t in hidden else picture)
        landmarks.append(points)
    write_video(path, pictures, 10.0)
    return np.stack(landmarks)


def _align(
    folder: Path,
    video: Path,
    settings: CropSettings = SETTINGS,
    tracking: TrackingSettings = EVERY,
    fps: float | None = None,
) -> Path:
    """Decode and align a video; return the folder of the aligned recording."""
    decoded = folder / "decoded"
    decoded.mkdir(parents=True)
    write_inspection(decoded, video, fps, 0.0)
    align_recording(folder / "aligned", video, decoded, settings, tracking)
    return folder / "aligned"


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, np.ndarray]:
    """A video of 24 frames and its true landmarks."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    return path, _write_video(path, 24, HIDDEN)


def test_every_frame_has_a_row(tmp_path: Path, video: tuple[Path, np.ndarray]) -> None:
    path, landmarks = video
    aligned = _align(tmp_path, path)
    origin = read_array(aligned, "origin")
    expected = np.full(24, ORIGINS["detected"])
    expected[[6, 7]] = ORIGINS["interpolated"]
    expected[14:19] = ORIGINS["absent"]
    np.testing.assert_array_equal(origin, expected)
    align = {"method": "similarity", "size": 56, "detector": "every", "survey_step": 0.4, "max_gap": 3, "min_face": 32}
    align |= {"thresholds": [0.6, 0.7, 0.7], "margin": 0.2}
    preprocessing = {"decode": {"fps": None}, "align": align}
    assert read_attributes(aligned) == {
        "origin_codes": ORIGINS,
        "fps": 10.0,
        "breaks": [],
        **NO_DOUBTS,
        "preprocessing": preprocessing,
    }

    faces, points = read_array(aligned, "faces"), read_array(aligned, "landmarks")
    assert faces.shape == (24, 56, 56, 3)
    present = origin != ORIGINS["absent"]
    assert faces[~present].max() == 0
    for name in ("boxes", "landmarks", "confidence"):
        assert np.isnan(read_array(aligned, name)[~present]).all()
    assert not np.isnan(points[present]).any()
    np.testing.assert_array_equal(np.isnan(read_array(aligned, "confidence")), origin != ORIGINS["detected"])
    errors = np.linalg.norm(points[present] - landmarks[present], axis=2)
    assert np.median(errors) < 0.1 * np.linalg.norm(landmarks[0, 0] - landmarks[0, 1])
    # A gap is filled in equal steps between the frames around it.
    np.testing.assert_allclose(points[6], points[5] + (points[8] - points[5]) / 3, atol=1e-3)


def test_aligned_eyes_are_at_the_template(tmp_path: Path, video: tuple[Path, np.ndarray]) -> None:
    """The darkest spots near the eyes of the template are the pupils, in frames of a swaying and tilting head."""
    aligned = _align(tmp_path, video[0], CropSettings("similarity", 112, 32, (0.6, 0.7, 0.7), 0.2, "cpu"))
    faces = read_array(aligned, "faces")[[0, 3, 10, 22]].astype(float).mean(3)
    for face in faces:
        for x, y in TEMPLATE[:2]:
            part = face[int(y) - 9 : int(y) + 10, int(x) - 9 : int(x) + 10]
            rows, columns = np.nonzero(part <= np.quantile(part, 0.04))
            assert abs(rows.mean() - 9) < 4.5
            assert abs(columns.mean() - 9) < 4.5


def test_equal_input_gives_equal_bytes(tmp_path: Path, video: tuple[Path, np.ndarray]) -> None:
    first, second = (_align(tmp_path / name, video[0]) for name in "ab")
    files = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(second) for path in second.rglob("*") if path.is_file())
    assert all((first / path).read_bytes() == (second / path).read_bytes() for path in files)


def test_a_video_without_a_face_has_only_absent_rows(tmp_path: Path) -> None:
    _write_video(tmp_path / "wall.mp4", 10, set(range(10)))
    aligned = _align(tmp_path, tmp_path / "wall.mp4")
    assert read_array(aligned, "origin").tolist() == [ORIGINS["absent"]] * 10
    assert read_array(aligned, "faces").max() == 0


def test_a_constant_frame_rate_repeats_rows(tmp_path: Path, video: tuple[Path, np.ndarray]) -> None:
    native = _align(tmp_path / "native", video[0])
    doubled = _align(tmp_path / "doubled", video[0], fps=20.0)
    assert read_attributes(doubled)["preprocessing"]["decode"] == {"fps": 20.0}
    origin = read_array(doubled, "origin")
    assert len(origin) == 47  # ticks from 0 to 2.3 s
    detected = np.repeat(read_array(native, "origin") == ORIGINS["detected"], 2)[:47]
    np.testing.assert_array_equal(origin == ORIGINS["detected"], detected)
    assert (origin[12:16] == ORIGINS["absent"]).all()  # the gap of two frames has four rows here, more than max_gap


def test_no_face_is_interpolated_over_a_break_and_breaks_are_stored(
    tmp_path: Path, video: tuple[Path, np.ndarray]
) -> None:
    """The gap of rows 6 and 7 is filled, unless time goes by within it."""
    decoded = tmp_path / "decoded"
    decoded.mkdir()
    table, quality = inspect(video[0], None, 0.0)
    assert table is not None
    times = table.time + np.where(np.arange(24) >= 7, 60.0, 0.0)
    write_decoded(decoded, replace(table, time=times), replace(quality, restarts=(20,)))
    align_recording(tmp_path / "aligned", video[0], decoded, SETTINGS, EVERY)
    assert read_attributes(tmp_path / "aligned")["breaks"] == [7, 20]
    origin = read_array(tmp_path / "aligned", "origin")
    assert np.flatnonzero(origin == ORIGINS["absent"]).tolist() == [6, 7, *range(14, 19)]


def test_the_method_crop_has_the_same_boxes(tmp_path: Path, video: tuple[Path, np.ndarray]) -> None:
    crop = CropSettings("crop", 56, 32, (0.6, 0.7, 0.7), 0.2, "cpu")
    by_crop, by_similarity = _align(tmp_path / "a", video[0], crop), _align(tmp_path / "b", video[0])
    np.testing.assert_array_equal(read_array(by_crop, "boxes"), read_array(by_similarity, "boxes"))
    assert not np.array_equal(read_array(by_crop, "faces"), read_array(by_similarity, "faces"))


ABSENCES = {  # first row and end of the part without a face
    "openh264_BA1_FT_C.264": (160, 299),
    "pyfeat_face_noface.mov": (65, 169),
    "streamio_data_streams.mp4": (0, 20),
}


@pytest.mark.parametrize(
    "tracking", [TrackingSettings("every", 0.4, 8), TrackingSettings("sparse", 1.0, 8)], ids=["every", "sparse"]
)
@pytest.mark.parametrize("name", sorted(ABSENCES))
def test_rows_without_a_face_are_absent_in_real_videos(
    real_data: Path, tmp_path: Path, name: str, tracking: TrackingSettings
) -> None:
    """The absent rows are one run, within the part of the video that the index of the material lists as faceless."""
    settings = CropSettings("similarity", 112, 48, (0.6, 0.7, 0.7), 0.2, "cpu")
    origin = read_array(_align(tmp_path, real_data / "videos" / name, settings, tracking), "origin")
    absent = np.flatnonzero(origin == ORIGINS["absent"])
    first, stop = ABSENCES[name]
    assert first <= absent[0]
    assert absent[-1] < stop
    assert len(absent) == absent[-1] - absent[0] + 1
