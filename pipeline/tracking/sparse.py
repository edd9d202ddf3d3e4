"""The sparse detector: the full MTCNN cascade on key rows, R-Net and O-Net on every row between them.

There is a key row in every step of time from the first row of the recording; the first row after a cut or a pause is
one too.
Between two key rows, the row in the middle is refined first, starting from the box halfway between theirs, then the
rows in the middle of the two halves, and so on. Each row is therefore refined from boxes that are close in time, and
all rows of one round are in the same batches. The landmarks of every row are predicted by MTCNN's networks from this
very picture. If a refined face is unreliable (low confidence, a jump of the box, an appearance unlike the person's,
another person nearby, landmarks that a second look does not confirm), the full cascade runs on its row.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise

import numpy as np
from jaxtyping import Float

from pipeline.faces.face_crop import CropSettings, Face, interpolate_face
from pipeline.faces.mtcnn import Faces
from pipeline.faces.similarity import Picture
from pipeline.records.frame_steps import pause_rows
from pipeline.records.frame_table import CUT
from pipeline.tracking.dense import face_of_track
from pipeline.tracking.followed import followed_first
from pipeline.tracking.frame_reader import BATCH, FrameReader, batched, load_recording_mtcnn
from pipeline.tracking.linking import choose_face
from pipeline.tracking.refine import refine
from pipeline.tracking.tracks import Box, Track, box_proximity, observe, survey_faces

MIN_PROXIMITY = 0.6  # minimum proximity of a refined box and the box it was refined from
MAX_DISAGREEMENT = 0.1  # of two looks at one face, in distances between the eyes
MAX_SURPRISE = 0.2  # of a face and the place where it was expected, likewise; beyond it is looked at twice
BLOCK_BYTES = 256 * 2**20  # of pictures in memory at once; more if the rows between two key rows need it
FacesByRow = dict[int, Face | None]


def detect_sparsely(
    reader: FrameReader, survey_step: float, settings: CropSettings
) -> tuple[list[Track], Iterator[tuple[Picture, Face | None]]]:
    """Follow one person with the full cascade on some pictures and refinement on the others.

    Args:
        reader: reads the pictures of the recording.
        survey_step: seconds between the key rows, which are the survey.
        settings: of face detection.

    Returns:
        The tracks of the survey, the followed person's first; and every picture with that person's face, if any.
    """
    keys = key_rows(reader, survey_step)
    faces_of_keys: list[Faces] = []
    observations = []
    picture_bytes = 1
    for row, (picture, faces) in zip(keys, reader.detect(keys, settings), strict=True):
        faces_of_keys.append(faces)
        observations.append(survey_faces(row, picture, faces))
        picture_bytes = picture.nbytes
    tracks = followed_first(observations, reader.time)
    if not tracks:
        return tracks, ((picture, None) for picture in reader.read_all())
    key_faces: FacesByRow = {}
    for row, faces, frame in zip(keys, faces_of_keys, observations, strict=True):
        number = choose_face(tracks[0], frame)
        key_faces[row] = None if number is None else _face(faces, number, "detected")
    return tracks, _Refiner(tracks, reader.time, survey_step, settings).follow(
        reader, key_faces, BLOCK_BYTES // picture_bytes
    )


def key_rows(reader: FrameReader, seconds: float) -> list[int]:
    """Return the rows for the full cascade: the first row, one of every step of time, and the first of every shot.

    Of a step it is the first key frame of the codec, which can be decoded without the other frames; if there is none,
    it is the first row.

    Examples:
        >>> from pathlib import Path
        >>> key = np.isin(np.arange(10), [0, 8])
        >>> change = np.where(np.arange(10) == 4, 90.0, 1.0)
        >>> key_rows(FrameReader(Path("cut.mp4"), np.arange(10), np.arange(10) / 30, key, change, (64, 48)), 0.1)
        [0, 3, 4, 8, 9]
    """
    steps = reader.steps(seconds)
    keys = [step[int(np.argmax(reader.key[step.start : step.stop]))] for step in steps]  # argmax 0 without any
    return sorted({*range(len(reader))[:1], *keys, *shots(reader)})


def shots(reader: FrameReader) -> list[int]:
    """Return the rows at which a shot begins, after a cut or a pause, without the first row."""
    return sorted({*np.flatnonzero(reader.change > CUT).tolist(), *pause_rows(reader.time).tolist()})


class _Refiner:
    """Finds the followed person's face in the rows between key rows."""

    def __init__(
        self, tracks: list[Track], time: Float[np.ndarray, " rows"], survey_step: float, settings: CropSettings
    ) -> None:
        self.track, self.other_tracks = tracks[0], tracks[1:]
        self.time, self.survey_step = time, survey_step
        self.min_confidence = settings.thresholds[2]
        self.cascade = load_recording_mtcnn(settings)

    def follow(
        self, reader: FrameReader, key_faces: FacesByRow, max_rows: int
    ) -> Iterator[tuple[Picture, Face | None]]:
        """Yield every picture with the person's face; blocks of about `max_rows` rows are in memory at once."""
        stream = reader.read_all()
        shot_rows = {0, *shots(reader), len(reader)}
        ends = sorted({*key_faces, *shot_rows})
        for first, last in spans(ends, max_rows):
            pictures = {row: next(stream) for row in range(ends[first], ends[last])}
            faces = self._bisect(pictures, {row: key_faces.get(row) for row in ends[first : last + 1]}, shot_rows)
            yield from ((pictures[row], faces[row]) for row in pictures)
            del pictures, faces  # before the next block is in memory as well

    def _bisect(self, pictures: Mapping[int, Picture], faces: FacesByRow, shot_rows: set[int]) -> FacesByRow:
        """Find the faces of all rows between those in `faces`, from the middle of each gap outwards.

        The first row of a shot is no starting point for the rows before it.
        """
        faces = dict(faces)
        gaps = [gap for gap in pairwise(faces) if gap[1] - gap[0] > 1]
        while gaps:
            starts = {(a + b) // 2: _halfway(faces[a], None if b in shot_rows else faces[b]) for a, b in gaps}
            faces |= self._find_faces({row: pictures[row] for row in starts}, starts)
            halves = [half for a, b in gaps for half in ((a, (a + b) // 2), ((a + b) // 2, b))]
            gaps = [(a, b) for a, b in halves if b - a > 1]
        return faces

    def _find_faces(self, pictures: Mapping[int, Picture], starts: FacesByRow) -> FacesByRow:
        """Return the person's face in each row: refined from its start if reliable, else from the full cascade."""
        result: FacesByRow = {}
        boxes = {
            row: start.box for row, start in starts.items() if start is not None and not self._has_other_person(row)
        }
        refined = self._refine(pictures, boxes)
        for number, (row, box) in enumerate(boxes.items()):
            if self._is_reliable(row, pictures[row], box, refined, number):
                result[row] = _face(refined, number, "refined")
        for row in self._in_doubt(pictures, result, starts):
            del result[row]
        for block in batched((row for row in pictures if row not in result), BATCH):
            detected = self.cascade.detect(np.stack([pictures[row] for row in block]))
            for row, faces in zip(block, detected, strict=True):
                result[row] = face_of_track(self.track, row, pictures[row], faces)
        return result

    def _refine(self, pictures: Mapping[int, Picture], boxes: Mapping[int, Box]) -> Faces:
        """Refine one box in each of some rows."""
        return refine(self.cascade, [pictures[row] for row in boxes], np.array(list(boxes.values())).reshape(-1, 4))

    def _in_doubt(self, pictures: Mapping[int, Picture], faces: FacesByRow, starts: FacesByRow) -> list[int]:
        """Return the rows whose landmarks change when they are refined once more, from the box of the first time.

        Only a face whose landmarks have moved away from those between its neighbours in time is looked at twice: a
        second look costs as much as the first.
        """
        moved = {
            row: face
            for row, face in faces.items()
            if face and (start := starts[row]) and _differ(face.landmarks, start.landmarks, MAX_SURPRISE)
        }
        second = self._refine(pictures, {row: face.box for row, face in moved.items()})
        return [
            row
            for (row, face), landmarks in zip(moved.items(), second.landmarks, strict=True)
            if _differ(face.landmarks, landmarks, MAX_DISAGREEMENT)
        ]

    def _is_reliable(self, row: int, picture: Picture, box: np.ndarray, refined: Faces, number: int) -> bool:
        """Whether a face that was refined from `box` is confident, has not jumped, and is the person's."""
        if (
            not refined.confidence[number] > self.min_confidence
            or box_proximity(box, refined.boxes[number]) < MIN_PROXIMITY
        ):
            return False
        face = Faces(*(a[number : number + 1] for a in (refined.boxes, refined.confidence, refined.landmarks)))
        return choose_face(self.track, observe(row, picture, face)) is not None

    def _has_other_person(self, row: int) -> bool:
        """Whether the survey observed another person near the followed one around this time."""
        box = self.track.box_at(row)
        return any(
            box_proximity(box, track.box_at(row)) > 0
            for track in self.other_tracks
            if self.time[track.rows[0]] - self.survey_step
            < self.time[row]
            < self.time[track.rows[-1]] + self.survey_step
        )


def spans(keys: list[int], max_rows: int) -> Iterator[tuple[int, int]]:
    """Yield indices of the first and the last key of blocks of up to `max_rows` rows, or of two neighbouring keys.

    Two neighbouring keys are a block even if more than `max_rows` rows lie between them.
    """
    first = 0
    while first < len(keys) - 1:
        last = first + 1
        while last + 1 < len(keys) and keys[last + 1] - keys[first] <= max_rows:
            last += 1
        yield first, last
        first = last


def _differ(first: Float[np.ndarray, "5 2"], second: Float[np.ndarray, "5 2"], limit: float) -> bool:
    """Whether a landmark of one face differs by more than `limit` distances between the eyes."""
    eye_distance = float(np.linalg.norm(first[0] - first[1]))
    return float(np.linalg.norm(first - second, axis=1).max()) > limit * eye_distance


def _halfway(first: Face | None, last: Face | None) -> Face | None:
    """Return the face halfway between two rows; if only one row has a face, that face; without any, None."""
    if first is None or last is None:
        return first or last
    return interpolate_face(first, last, 0.5)


def _face(faces: Faces, number: int, origin: str) -> Face:
    """Return one of several faces, with its origin."""
    return Face(faces.boxes[number], faces.landmarks[number], float(faces.confidence[number]), origin)
