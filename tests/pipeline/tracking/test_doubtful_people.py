"""Photographs, people who take turns and turned pictures: who is followed, where it breaks, and what is told."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.faces.face_crop import ORIGINS, CropSettings
from pipeline.inspection.inspect_video import write_inspection
from pipeline.tracking.align_recording import TrackingSettings, align_recording
from pipeline.zarr_store import read_array, read_attributes
from tests.pipeline.tracking.scenes import Scene

SETTINGS = CropSettings("similarity", 56, 32, (0.6, 0.7, 0.7), 0.2, "cpu")
FRAMES = 96  # 6.4 s at 15 frames per second
SURVEY_STEP = 8 / 15  # seconds: eight of these frames
EACH_DETECTOR = pytest.mark.parametrize("detector", ["every", "sparse"])


def _align(folder: Path, video: Path, detector: str, max_gap: int = 4) -> tuple[list[int], dict[str, Any]]:
    """Align a video; return the rows with a face, and the attributes."""
    (folder / "decoded").mkdir()
    write_inspection(folder / "decoded", video, None, 0.0)
    tracking = TrackingSettings(detector, SURVEY_STEP, max_gap)
    align_recording(folder / "aligned", video, folder / "decoded", SETTINGS, tracking)
    present = np.flatnonzero(read_array(folder / "aligned", "origin") != ORIGINS["absent"])
    return present.tolist(), read_attributes(folder / "aligned")


def _photograph(person: int) -> np.ndarray:
    """Return a photograph of a drawn person, 64 pixels wide."""
    scene = Scene(1)
    scene.put(0, person, 120, 90, 32)
    return scene.print_of(0, 120, 90, 32)


@EACH_DETECTOR
@pytest.mark.parametrize("person", [3, 1], ids=["another", "the speaker"])
def test_a_photograph_is_not_followed_after_the_speaker_leaves(tmp_path: Path, detector: str, person: int) -> None:
    scene, photograph = Scene(FRAMES), _photograph(person)
    for t in range(FRAMES):
        if t < 36:
            scene.put(t, 1, 75, 95, 45, np.sin(t / 3))
        scene.hang(t, photograph, 160, 40)
    present, attributes = _align(tmp_path, scene.write(tmp_path / "film.mp4"), detector)
    assert present == list(range(36))
    assert (attributes["still_faces"], attributes["follows_still"], attributes["rivals"]) == (1, False, 0)


@EACH_DETECTOR
def test_photographs_beside_the_speaker_are_no_rivals(tmp_path: Path, detector: str) -> None:
    scene, photographs = Scene(FRAMES), [_photograph(3), _photograph(4)]
    for t in range(FRAMES):
        truth = scene.put(t, 1, 75, 95, 40, np.sin(t / 3))
        for photograph, y in zip(photographs, (5, 95), strict=True):
            scene.hang(t, photograph, 160, y)
    present, attributes = _align(tmp_path, scene.write(tmp_path / "film.mp4"), detector)
    assert present == list(range(FRAMES))
    assert (attributes["still_faces"], attributes["follows_still"], attributes["rivals"]) == (2, False, 0)
    assert np.abs(read_array(tmp_path / "aligned", "landmarks")[-1] - truth).max() < 15


@EACH_DETECTOR
def test_a_photograph_alone_is_followed_and_told(tmp_path: Path, detector: str) -> None:
    scene, photograph = Scene(FRAMES), _photograph(3)
    for t in range(FRAMES):
        scene.hang(t, photograph, 88, 50)
    present, attributes = _align(tmp_path, scene.write(tmp_path / "film.mp4"), detector)
    assert present == list(range(FRAMES))
    assert (attributes["still_faces"], attributes["follows_still"]) == (0, True)


@EACH_DETECTOR
@pytest.mark.parametrize(("turn", "cut"), [(8, True), (16, False)], ids=["cuts", "no cuts"])
def test_people_who_take_turns(tmp_path: Path, detector: str, turn: int, cut: bool) -> None:
    """With a cut the whole picture changes, too."""
    scene = Scene(80)
    for t in range(80):
        first = t // turn % 2 == 0
        if cut and not first:
            scene.frames[t] = 255 - scene.frames[t]
        scene.put(t, 1 if first else 6, 120, 90, 60, np.sin(t / 3))
    present, attributes = _align(tmp_path, scene.write(tmp_path / "film.mp4"), detector)
    expected = [t for t in range(80) if t // turn % 2 == (0 if present[0] == 0 else 1)]
    assert present == expected
    assert attributes["people"] == 2
    assert attributes["people_certain"]
    changes = list(range(turn, 80, turn))
    assert attributes["breaks"] == changes
    assert attributes["person_changes"] == len(changes)


@EACH_DETECTOR
def test_one_person_with_a_wide_range_of_expressions_stays_one(tmp_path: Path, detector: str) -> None:
    scene = Scene(FRAMES)
    for t in range(FRAMES):
        scene.put(t, 2, 120, 90, 60, 2.5 * np.sin(t / 4))
    present, attributes = _align(tmp_path, scene.write(tmp_path / "film.mp4"), detector)
    assert present == list(range(FRAMES))
    assert (attributes["people"], attributes["breaks"], attributes["turned"]) == (1, [], None)


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_turned_pictures_are_told(tmp_path: Path, quarters: int) -> None:
    """A drawn head is turned by quarters clockwise, so it must be turned by as many counter-clockwise."""
    scene = Scene(24)
    for t in range(24):
        scene.put(t, 1, 120, 90, 55, np.sin(t / 3))
    scene.frames = np.ascontiguousarray(np.rot90(scene.frames, -quarters, (1, 2)))
    _, attributes = _align(tmp_path, scene.write(tmp_path / "film.mp4"), "sparse")
    assert attributes["turned"] == (90 * quarters or None)


def test_a_single_frame_is_not_judged(tmp_path: Path) -> None:
    scene = Scene(1)
    scene.put(0, 1, 120, 90, 55)
    present, attributes = _align(tmp_path, scene.write(tmp_path / "film.mp4"), "sparse")
    assert present == [0]
    assert (attributes["follows_still"], attributes["people"]) == (False, 1)


# Two people in 32 frames each: either may be followed, never both.
TURNS = [[*range(16), *range(32, 48)], [*range(16, 32), *range(48, 64)]]


@EACH_DETECTOR
@pytest.mark.parametrize(
    ("name", "rows", "expected"),
    [
        ("photo_shared.mp4", [range(58)], {"still_faces": 1, "follows_still": False}),
        ("speaker_shared.mp4", TURNS, {"people": 2, "people_certain": True, "breaks": [16, 32, 48]}),
        ("updown.mp4", [range(45)], {"turned": 180}),
    ],
)
def test_doubtful_real_videos(
    real_data: Path, tmp_path: Path, detector: str, name: str, rows: Any, expected: dict[str, Any]
) -> None:
    present, attributes = _align(tmp_path, real_data / "failing" / "video" / name, detector)
    assert present in [list(person) for person in rows]
    assert {key: attributes[key] for key in expected} == expected
