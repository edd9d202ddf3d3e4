"""Aligning a recording: one row a frame, nothing invented, gaps filled up to the limit and no further."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.faces.face_crop import ORIGINS, CropSettings, Face
from pipeline.faces.similarity import TEMPLATE
from pipeline.inspection import write_inspection
from pipeline.simulation.appearance import draw_appearance
from pipeline.simulation.drawing import Placement, draw_frame
from pipeline.simulation.motion import Expression
from pipeline.simulation.random_streams import random_stream
from pipeline.tracking.align_recording import TrackingSettings, align_recording
from pipeline.tracking.gaps import fill_gaps
from pipeline.video import write_video
from pipeline.zarr_store import read_array, read_attributes

SETTINGS = CropSettings("similarity", 56, 32, (0.6, 0.7, 0.7), 0.2, "cpu")
EVERY = TrackingSettings("every", 4, 3)
HIDDEN = {6, 7, 14, 15, 16, 17, 18}  # a gap of two frames, and one of five


def _film(path: Path, frames: int, hidden: set[int]) -> np.ndarray:
    """Write a film of a head that moves, and return its true landmarks; in `hidden` frames there is only the wall."""
    random = random_stream(11, "film")
    look = draw_appearance(random_stream(4, "look"))
    pictures, landmarks = [], []
    for t in range(frames):
        sway = np.sin(t / 4)
        picture, points = draw_frame(look, Expression(sway=sway, tilt=sway), Placement(80, 58, 33), 160, 120, random)
        wall = np.broadcast_to(picture[:4, :4].mean((0, 1)), picture.shape).astype(np.uint8)
        pictures.append(wall if t in hidden else picture)
        landmarks.append(points)
    write_video(path, pictures, 10.0)
    return np.stack(landmarks)


def _align(
    folder: Path,
    video: Path,
    settings: CropSettings = SETTINGS,
    following: TrackingSettings = EVERY,
    fps: float | None = None,
) -> Path:
    decoded = folder / "decoded"
    decoded.mkdir(parents=True)
    write_inspection(decoded, video, fps, 0.0)
    align_recording(folder / "aligned", video, decoded, settings, following)
    return folder / "aligned"


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, np.ndarray]:
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    return path, _film(path, 24, HIDDEN)


def test_every_frame_is_accounted_for(tmp_path: Path, film: tuple[Path, np.ndarray]) -> None:
    video, landmarks = film
    aligned = _align(tmp_path, video)
    origin = read_array(aligned, "origin")
    expected = np.full(24, ORIGINS["detected"])
    expected[[6, 7]] = ORIGINS["interpolated"]
    expected[14:19] = ORIGINS["absent"]
    np.testing.assert_array_equal(origin, expected)
    told = {"method": "similarity", "size": 56, "detector": "every", "survey": 4, "max_gap": 3, "min_face": 32}
    told |= {"thresholds": [0.6, 0.7, 0.7], "margin": 0.2}
    made = {"decode": {"fps": None}, "align": told}
    assert read_attributes(aligned) == {"origin_codes": ORIGINS, "fps": 10.0, "rivals": 0, "preprocessing": made}

    faces, points = read_array(aligned, "faces"), read_array(aligned, "landmarks")
    assert faces.shape == (24, 56, 56, 3)
    seen = origin != ORIGINS["absent"]
    assert faces[~seen].max() == 0
    for name in ("boxes", "landmarks", "confidence"):
        assert np.isnan(read_array(aligned, name)[~seen]).all()
    assert not np.isnan(points[seen]).any()
    np.testing.assert_array_equal(np.isnan(read_array(aligned, "confidence")), origin != ORIGINS["detected"])
    apart = np.linalg.norm(points[seen] - landmarks[seen], axis=2)
    assert np.median(apart) < 0.1 * np.linalg.norm(landmarks[0, 0] - landmarks[0, 1])
    # Between two frames a gap is filled in equal steps.
    np.testing.assert_allclose(points[6], points[5] + (points[8] - points[5]) / 3, atol=1e-3)


def test_aligned_eyes_are_level_and_in_place(tmp_path: Path, film: tuple[Path, np.ndarray]) -> None:
    """The pupils are the darkest spots near where the template has the eyes, in frames of a swaying, tilting head."""
    aligned = _align(tmp_path, film[0], CropSettings("similarity", 112, 32, (0.6, 0.7, 0.7), 0.2, "cpu"))
    faces = read_array(aligned, "faces")[[0, 3, 10, 22]].astype(float).mean(3)
    for face in faces:
        for x, y in TEMPLATE[:2]:
            part = face[int(y) - 9 : int(y) + 10, int(x) - 9 : int(x) + 10]
            rows, columns = np.nonzero(part <= np.quantile(part, 0.04))
            assert abs(rows.mean() - 9) < 4.5
            assert abs(columns.mean() - 9) < 4.5


def test_the_same_bytes_again(tmp_path: Path, film: tuple[Path, np.ndarray]) -> None:
    first, second = (_align(tmp_path / name, film[0]) for name in "ab")
    files = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(second) for path in second.rglob("*") if path.is_file())
    assert all((first / path).read_bytes() == (second / path).read_bytes() for path in files)


def test_a_film_without_a_face_has_only_absent_rows(tmp_path: Path) -> None:
    _film(tmp_path / "wall.mp4", 10, set(range(10)))
    aligned = _align(tmp_path, tmp_path / "wall.mp4")
    assert read_array(aligned, "origin").tolist() == [ORIGINS["absent"]] * 10
    assert read_array(aligned, "faces").max() == 0


def test_a_constant_rate_repeats_rows_of_repeated_frames(tmp_path: Path, film: tuple[Path, np.ndarray]) -> None:
    native = _align(tmp_path / "native", film[0])
    doubled = _align(tmp_path / "doubled", film[0], fps=20.0)
    assert read_attributes(doubled)["preprocessing"]["decode"] == {"fps": 20.0}
    origin = read_array(doubled, "origin")
    assert len(origin) == 47  # ticks from 0 to 2.3 s
    detected = np.repeat(read_array(native, "origin") == ORIGINS["detected"], 2)[:47]
    np.testing.assert_array_equal(origin == ORIGINS["detected"], detected)
    assert (origin[12:16] == ORIGINS["absent"]).all()  # two frames are four rows here: longer than max_gap


def test_a_crop_keeps_the_box(tmp_path: Path, film: tuple[Path, np.ndarray]) -> None:
    crop = CropSettings("crop", 56, 32, (0.6, 0.7, 0.7), 0.2, "cpu")
    cropped, straight = _align(tmp_path / "a", film[0], crop), _align(tmp_path / "b", film[0])
    np.testing.assert_array_equal(read_array(cropped, "boxes"), read_array(straight, "boxes"))
    assert not np.array_equal(read_array(cropped, "faces"), read_array(straight, "faces"))


@pytest.mark.parametrize(
    ("seen", "cuts", "expected"),
    [
        ("x..x", set(), "xiix"),
        ("x...x", set(), "x...x"),
        ("..x.x..", set(), "..xix.."),
        ("x...x.x", set(), "x...xix"),
        ("x..x", {2}, "x..x"),  # one shot ends and another begins inside the gap
        ("x..x", {3}, "x..x"),
        ("x.x.x", {1}, "x.xix"),
        ("x.x.x", {4}, "xix.x"),
        ("x.x.x", {0, 2}, "x.xix"),
        ("", set(), ""),
    ],
)
def test_gaps_of_two_rows_are_bridged_within_a_shot(seen: str, cuts: set[int], expected: str) -> None:
    picture = np.zeros((2, 2, 3), np.uint8)
    there = Face(np.array([0.0, 0, 1, 1]), np.zeros((5, 2)), 1.0, "detected")
    rows = [(picture + number, there if mark == "x" else None) for number, mark in enumerate(seen)]
    found = list(fill_gaps(rows, 2, cuts))
    marks = {"detected": "x", "interpolated": "i"}
    assert "".join("." if face is None else marks[face.origin] for _, face in found) == expected
    assert [picture[0, 0, 0] for picture, _ in found] == list(range(len(seen)))


WITHOUT = {
    "openh264_BA1_FT_C.264": (160, 299),
    "pyfeat_face_noface.mov": (65, 169),
    "streamio_data_streams.mp4": (0, 20),
}


@pytest.mark.parametrize(
    "following", [TrackingSettings("every", 10, 8), TrackingSettings("sparse", 30, 8)], ids=["every", "sparse"]
)
@pytest.mark.parametrize("name", sorted(WITHOUT))
def test_real_faces_go_missing_where_there_are_none(
    real_data: Path, tmp_path: Path, name: str, following: TrackingSettings
) -> None:
    """One run of absent rows, inside the stretch where the index of the material says that faces go missing."""
    settings = CropSettings("similarity", 112, 48, (0.6, 0.7, 0.7), 0.2, "cpu")
    origin = read_array(_align(tmp_path, real_data / "videos" / name, settings, following), "origin")
    absent = np.flatnonzero(origin == ORIGINS["absent"])
    first, stop = WITHOUT[name]
    assert first <= absent[0]
    assert absent[-1] < stop
    assert len(absent) == absent[-1] - absent[0] + 1
