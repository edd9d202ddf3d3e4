"""The sparse search: rows are refined from their neighbours, and a face beside its neighbours is looked at twice."""

import numpy as np
import pytest

from pipeline.faces.face_crop import CropSettings, Face
from pipeline.faces.mtcnn import Faces
from pipeline.tracking import full_search, sparse_search
from pipeline.tracking.person import Person
from pipeline.tracking.sparse_search import SparseSearch
from pipeline.tracking.tracks import Track, observe

SETTINGS = CropSettings("similarity", 56, 32, (0.6, 0.7, 0.7), 0.2, "cpu")
PICTURE = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)


class _Cascade:
    """Finds a face in every picture, as the full cascade does, and counts the pictures."""

    batch = 1

    def __init__(self) -> None:
        self.searched = 0

    def detect(self, pictures: np.ndarray) -> list[Faces]:
        self.searched += len(pictures)
        return [_faces(0.0)] * len(pictures)


def _faces(*shifts: float) -> Faces:
    """Return faces with the eyes 20 pixels apart, each shifted to the right."""
    shift = np.array(shifts)[:, None]
    landmarks = np.tile([[20.0, 20.0], [40.0, 20.0], [30.0, 30.0], [23.0, 42.0], [37.0, 42.0]], (len(shifts), 1, 1))
    landmarks[..., 0] += shift
    boxes = np.tile([10.0, 5.0, 50.0, 55.0], (len(shifts), 1))
    boxes[:, ::2] += shift
    return Faces(boxes, np.full(len(shifts), 0.99), landmarks)


def _person() -> Person:
    track = Track()
    track.add(observe(0, PICTURE, _faces(0.0))[0])
    return Person([track], np.arange(5) / 5, 1.0)


def _find(
    monkeypatch: pytest.MonkeyPatch, looks: list[list[float]], shots: tuple[int, ...] = (), last: float | None = 0.0
) -> tuple[list[list[float]], int, dict[int, Face | None]]:
    """Search the rows between the key rows 0 and 4; `looks` are the shifts that refinement finds, call by call.

    Returns:
        The shifts of the boxes from which each call began; the number of pictures searched in full; the faces.
    """
    results, calls = iter(looks), []

    def refine(_: object, pictures: list[np.ndarray], boxes: np.ndarray) -> Faces:
        if not pictures:
            return Faces(np.empty((0, 4)), np.empty(0), np.empty((0, 5, 2)))
        calls.append((boxes[:, 0] - 10).tolist())
        return _faces(*next(results))

    cascade = _Cascade()
    monkeypatch.setattr(full_search, "load_recording_mtcnn", lambda _: cascade)
    monkeypatch.setattr(sparse_search, "refine", refine)
    ends = {
        row: None if shift is None else Face(_faces(shift).boxes[0], _faces(shift).landmarks[0], 0.99, "detected")
        for row, shift in ((0, 0.0), (4, last))
    }
    faces = SparseSearch(SETTINGS, shots).find(dict.fromkeys(range(5), PICTURE), ends, _person())
    assert list(faces) == [0, 4, 2, 1, 3]
    return calls, cascade.searched, faces


def test_rows_start_halfway_between_their_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, searched, faces = _find(monkeypatch, [[2.0], [1.0, 3.0]], last=4.0)
    assert calls == [[2.0], [1.0, 3.0]]
    assert searched == 0
    assert [faces[row].origin for row in range(5)] == ["detected", "refined", "refined", "refined", "detected"]  # type: ignore[union-attr]


@pytest.mark.parametrize(("shots", "last"), [((4,), 9.0), ((), None)])
def test_a_new_shot_or_an_absent_face_is_no_start(
    monkeypatch: pytest.MonkeyPatch, shots: tuple[int, ...], last: float | None
) -> None:
    calls, _, _ = _find(monkeypatch, [[0.0], [0.0, 0.0]], shots, last)
    assert calls == [[0.0], [0.0, 0.0]]


@pytest.mark.parametrize(
    ("shift", "second", "searched"),
    [
        (1.9, None, 0),  # row 1 is where it is expected: 10 % of 20 pixels is 2
        (2.25, 4.0, 0),  # it is not, and the second look confirms it within 1.75 pixels
        (2.25, 4.5, 1),  # the second look does not: 2.25 pixels
    ],
)
def test_a_face_beside_its_neighbours_is_searched_in_full_unless_a_second_look_confirms_it(
    monkeypatch: pytest.MonkeyPatch, shift: float, second: float | None, searched: int
) -> None:
    looks = [[0.0], [shift, 0.0], *([] if second is None else [[second]])]
    calls, count, faces = _find(monkeypatch, looks)
    assert len(calls) == len(looks)
    assert calls[2:] == ([] if second is None else [[shift]])
    assert count == searched
    assert faces[1] is not None
    assert faces[1].origin == ("detected" if searched else "refined")
