"""Key rows of the sparse detector, the blocks of rows between them, and the second look at a face that moved."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.faces.face_crop import CropSettings, Face
from pipeline.faces.mtcnn import Faces
from pipeline.records.frame_table import CUT
from pipeline.tracking import sparse
from pipeline.tracking.frame_reader import FrameReader
from pipeline.tracking.sparse import key_rows, spans
from pipeline.tracking.tracks import Track, observe


def _reader(change: list[float], key: set[int]) -> FrameReader:
    rows = np.arange(len(change))
    return FrameReader(Path("film.mp4"), rows, rows / 25, np.isin(rows, list(key)), np.array(change), (64, 48))


@pytest.mark.parametrize(
    ("rows", "key", "cut", "spacing", "expected"),
    [
        (1, {0}, [], 8, [0]),
        (9, {0}, [], 4, [0, 4, 8]),
        (10, {0}, [6], 4, [0, 4, 6, 8]),
        (10, {0}, [4, 9], 4, [0, 4, 8, 9]),
        (12, {0, 3, 6, 9}, [], 4, [0, 6, 9]),  # key frames of the codec come first
        (12, {0, 5, 7}, [], 4, [0, 5, 8]),
        (8, {2}, [], 4, [0, 2, 4]),
        (4, {0}, [], 1, [0, 1, 2, 3]),
        (0, set(), [], 4, []),
    ],
)
def test_key_rows(rows: int, key: set[int], cut: list[int], spacing: int, expected: list[int]) -> None:
    change = [CUT + 1 if row in cut else 1.0 for row in range(rows)]
    assert key_rows(_reader(change, key), spacing / 25) == expected


def test_key_rows_of_a_variable_rate_have_a_spacing_in_time() -> None:
    """25 frames/s for 0.4 s, then 5 frames/s, then a pause of a minute."""
    time = np.array([*np.arange(10) / 25, 0.4, 0.6, 0.8, 1.0, 1.2, 61.2, 61.24])
    nothing = np.zeros(len(time))
    reader = FrameReader(Path("film.mp4"), np.arange(len(time)), time, nothing > 0, nothing, (64, 48))
    assert key_rows(reader, 0.2) == [0, 5, 10, 11, 12, 13, 14, 15]
    assert key_rows(reader, 1.0) == [0, 13, 15]
    assert key_rows(reader, 100.0) == [0, 15]  # the row after the pause begins a shot
    assert key_rows(reader, 0.01) == list(range(17))  # no more than the rows there are


@pytest.mark.parametrize(
    ("keys", "max_rows", "expected"),
    [
        ([0, 4, 8, 9], 8, [(0, 2), (2, 3)]),
        ([0, 4, 8, 9], 100, [(0, 3)]),
        ([0, 40, 80], 8, [(0, 1), (1, 2)]),
        ([0], 8, []),
    ],
)
def test_spans_have_at_most_max_rows(keys: list[int], max_rows: int, expected: list[tuple[int, int]]) -> None:
    assert list(spans(keys, max_rows)) == expected


class _Cascade:
    """Finds a face in every picture, as the full cascade does, and counts the pictures."""

    def __init__(self) -> None:
        self.searched = 0

    def detect(self, pictures: np.ndarray) -> list[Faces]:
        self.searched += len(pictures)
        return [_faces(0.0)] * len(pictures)


def _faces(shift: float) -> Faces:
    """Return one face with the eyes 20 pixels apart, shifted to the right."""
    landmarks = np.array([[[20.0, 20.0], [40.0, 20.0], [30.0, 30.0], [23.0, 42.0], [37.0, 42.0]]])
    landmarks[..., 0] += shift
    return Faces(np.array([[10.0 + shift, 5.0, 50.0 + shift, 55.0]]), np.array([0.99]), landmarks)


@pytest.mark.parametrize(
    ("looks", "refinements", "searched"),
    [
        ([3.9], 1, 0),  # the landmarks are where they are expected: 20 % of 20 pixels is 4
        ([4.1, 6.0], 2, 0),  # they have moved, and the second look confirms it within 1.9 pixels
        ([4.1, 6.3], 2, 1),  # it does not: 10 % is 2
    ],
)
def test_a_face_that_moved_is_searched_in_full_unless_a_second_look_confirms_it(
    monkeypatch: pytest.MonkeyPatch, looks: list[float], refinements: int, searched: int
) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    shifts = iter(looks)
    calls = []

    def refine(_: object, pictures: list[np.ndarray], boxes: np.ndarray) -> Faces:
        if not pictures:
            return Faces(np.empty((0, 4)), np.empty(0), np.empty((0, 5, 2)))
        calls.append(boxes)
        return _faces(next(shifts))

    cascade = _Cascade()
    monkeypatch.setattr(sparse, "load_recording_mtcnn", lambda _: cascade)
    monkeypatch.setattr(sparse, "refine", refine)
    track = Track()
    track.add(observe(0, picture, _faces(0.0))[0])
    settings = CropSettings("similarity", 56, 32, (0.6, 0.7, 0.7), 0.2, "cpu")
    refiner = sparse._Refiner([track], np.arange(3) / 5, 1.0, settings)
    start = _faces(0.0)
    face = Face(start.boxes[0], start.landmarks[0], 0.99, "detected")
    rows = refiner._find_faces({1: picture}, {1: face})
    assert (len(calls), cascade.searched) == (refinements, searched)
    assert rows[1] is not None
    assert rows[1].origin == ("detected" if searched else "refined")
