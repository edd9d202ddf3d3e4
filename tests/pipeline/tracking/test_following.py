"""One pass of decoding, or two, give the faces that a survey of the whole recording before would give."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from pipeline.faces.face_crop import CropSettings, Face
from pipeline.faces.mtcnn import Faces
from pipeline.inspection.inspect_video import inspect
from pipeline.tracking import frame_reader
from pipeline.tracking.align_recording import DETECTORS
from pipeline.tracking.followed import followed_first
from pipeline.tracking.following import Following
from pipeline.tracking.frame_reader import FrameReader
from pipeline.tracking.full_search import FacesByRow, FullSearch, detected_face
from pipeline.tracking.linking import Linker
from pipeline.tracking.person import Person
from pipeline.tracking.tracks import observe, survey_faces
from tests.pipeline.tracking.scenes import HEIGHT, WIDTH, Scene

SETTINGS = CropSettings("similarity", 56, 32, (0.6, 0.7, 0.7), 0.2, "cpu")
FRAMES, STEP = 64, 8 / 15  # seconds: eight frames
EACH_DETECTOR = pytest.mark.parametrize("detector", ["every", "sparse"])


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of 16 pictures, so that a scene has four."""
    monkeypatch.setattr(frame_reader, "BLOCK_BYTES", 16 * WIDTH * HEIGHT * 3)


def _one_person() -> Scene:
    scene = Scene(FRAMES)
    for t in range(FRAMES):
        scene.put(t, 1, 90 + t, 90, 40, np.sin(t / 5))
    return scene


def _another_is_there_longer() -> Scene:
    """A person on the left is there at first; one on the right comes later and stays."""
    scene = Scene(FRAMES)
    for t in range(FRAMES):
        if t < 24:
            scene.put(t, 1, 60, 90, 40, np.sin(t / 5))
        if t >= 12:
            scene.put(t, 2, 180, 90, 40, np.sin(t / 4))
    return scene


def _nobody_at_first() -> Scene:
    scene = Scene(FRAMES)
    for t in range(27, FRAMES):
        scene.put(t, 1, 120, 90, 40, np.sin(t / 5))
    return scene


def _a_cut_to_two_people() -> Scene:
    """The person is alone before the cut; after it another one is beside."""
    scene = Scene(FRAMES)
    for t in range(FRAMES):
        if t >= 21:
            scene.frames[t] //= 3
            scene.put(t, 2, 190, 90, 36, np.sin(t / 4))
        scene.put(t, 1, 60, 90, 40, np.sin(t / 5))
    return scene


def _reader(folder: Path, scene: Scene) -> FrameReader:
    """Write the video of a scene, and return its reader."""
    video = scene.write(folder / "film.mp4")
    table, quality = inspect(video, None, 0.0)
    assert table is not None
    return FrameReader.from_table(video, table, quality.canvas)


def _added(first: int, last: int, detected: dict[int, Faces], depth: int) -> list[int]:
    """Return the rows that are added between two key rows with other numbers of faces."""
    if depth == 0 or last - first < 2 or len(detected[first]) == len(detected[last]):
        return []
    middle = (first + last) // 2
    return [middle, *_added(first, middle, detected, depth - 1), *_added(middle, last, detected, depth - 1)]


def _survey_first(reader: FrameReader, search: FullSearch) -> list[Face | None]:
    """Return the faces of all rows with the survey of the whole recording before."""
    pictures, keys = dict(enumerate(reader.read(range(len(reader))))), reader.key_rows(STEP)
    detected = {row: next(search.detect([picture])) for row, picture in pictures.items()}
    gaps = [gap for gap in pairwise(keys) if gap[1] not in reader.shots()]
    added = [row for gap in gaps for row in _added(*gap, detected, 3)]
    detected = {row: detected[row] for row in sorted({*keys, *added})}
    observations = {
        row: (survey_faces if row in keys else observe)(row, pictures[row], faces) for row, faces in detected.items()
    }
    linker = Linker()
    for frame in observations.values():
        linker.add(frame)
    person = Person(followed_first(linker.tracks(), reader.time), reader.time, STEP)
    ends = {key: detected_face(faces, person.choose(observations[key])) for key, faces in detected.items()}
    ends[len(reader)] = None
    result: FacesByRow = {}
    for first, last in pairwise(ends):
        result |= search.find(pictures, {first: ends[first], last: ends[last]}, person)
    return [result[row] for row in range(len(reader))]


@EACH_DETECTOR
@pytest.mark.parametrize(
    ("scene", "passes"),
    [(_one_person, 1), (_another_is_there_longer, 2), (_nobody_at_first, 2), (_a_cut_to_two_people, 1)],
)
def test_passes_give_the_faces_of_a_survey_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, detector: str, scene: Callable[[], Scene], passes: int
) -> None:
    reader = _reader(tmp_path, scene())
    pictures, search = list(reader.read(range(FRAMES))), DETECTORS[detector](reader, SETTINGS)
    expected = _survey_first(reader, search)
    assert any(expected)

    reads: list[int] = []

    def read(_: FrameReader, rows: Sequence[int]) -> Iterator[np.ndarray]:
        reads.append(len(rows))
        return iter(pictures)

    monkeypatch.setattr(FrameReader, "read", read)
    following = Following(reader, STEP, search)
    rows = [(picture.copy(), face) for picture, face in following.first_pass()]
    assert following.is_final == (passes == 1)
    if not following.is_final:
        rows = [(picture.copy(), face) for picture, face in following.second_pass()]
    assert reads == [FRAMES] * passes
    for (picture, face), other, original in zip(rows, expected, pictures, strict=True):
        np.testing.assert_array_equal(picture, original)
        assert (face is None) == (other is None)
        if face is not None and other is not None:
            assert face.origin == other.origin
            np.testing.assert_array_equal(face.landmarks, other.landmarks)
            np.testing.assert_array_equal(face.box, other.box)


def test_only_gaps_with_a_changed_answer_are_searched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is seen in the first block of 16 rows."""
    reader = _reader(tmp_path, _nobody_at_first())
    search = DETECTORS["every"](reader, SETTINGS)
    following = Following(reader, STEP, search)
    assert len(list(following.first_pass())) == FRAMES
    gaps: list[tuple[int, int]] = []

    def find(pictures: object, key_faces: FacesByRow, person: object) -> FacesByRow:
        gaps.append((min(key_faces), max(key_faces)))
        return dict.fromkeys(range(min(key_faces), max(key_faces) + 1))

    monkeypatch.setattr(search, "find", find)
    assert len(list(following.second_pass())) == FRAMES
    assert gaps == [(0, 8), (8, 16)]


def test_a_face_that_comes_and_goes_does_not_count_more_often(tmp_path: Path) -> None:
    """A is seen in five even key rows, then B in three, while a third face that flickers makes the survey finer."""
    scene = Scene(FRAMES)
    for t in range(FRAMES):
        if t < 40:
            scene.put(t, 1, 50, 50, 36, np.sin(t / 5))
        else:
            scene.put(t, 2, 190, 50, 36, np.sin(t / 5))
            if t // 8 % 2:
                scene.put(t, 3, 120, 140, 30, np.sin(t / 4))
    reader = _reader(tmp_path, scene)
    following = Following(reader, STEP, DETECTORS["every"](reader, SETTINGS))
    list(following.first_pass())
    assert [track.surveyed for track in following.tracks] == [[0, 8, 16, 24, 32], [40, 48, 56], [40, 56]]
    assert len(following.tracks[1].rows) > len(following.tracks[0].surveyed)
