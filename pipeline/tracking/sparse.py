"""Sparse detection, dense refinement: the full cascade on key rows, R-Net and O-Net on every row between them.

Key rows lie at a fixed spacing from the first row of the recording, and after every cut. Between two of them the row
in the middle starts from the box halfway between theirs, then the rows in the middle of the two halves, and so on:
every row is refined from boxes close by in time, and all rows of one round go through the networks together. So every
row has landmarks of its own, which MTCNN's networks found in this very picture. Where they are in doubt (low
confidence, the face jumped, it does not look like the person, someone else is near), the row is searched in full.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise

import numpy as np

from pipeline.faces.face_crop import CropSettings, Face, interpolate_face
from pipeline.faces.mtcnn import Faces
from pipeline.faces.similarity import Picture
from pipeline.records.frame_table import CUT
from pipeline.tracking.dense import face_of_track
from pipeline.tracking.frame_reader import BATCH, FrameReader, batched, mtcnn_of
from pipeline.tracking.linking import choose_face, link_tracks
from pipeline.tracking.refine import refine
from pipeline.tracking.tracks import Track, box_proximity, observe

MIN_PROXIMITY = 0.6  # least closeness of a refined box to the box it started from
BLOCK_BYTES = 256 * 2**20  # of pictures held at once, at least the rows between two keys
Known = dict[int, Face | None]


def detect_sparsely(
    film: FrameReader, survey: int, settings: CropSettings
) -> tuple[list[Track], Iterator[tuple[Picture, Face | None]]]:
    """Look at some pictures in full, and at the person's face in the others.

    Args:
        film: the pictures.
        survey: rows between two key rows.
        settings: how faces are found.

    Returns:
        The people in the film, the one to follow first; and every picture with the face of that one.
    """
    keys = key_rows(film, survey)
    seen: list[Faces] = []
    looks = []
    picture_bytes = 1
    for row, (picture, faces) in zip(keys, film.detected(keys, settings), strict=True):
        seen.append(faces)
        looks.append(observe(row, picture, faces))
        picture_bytes = picture.nbytes
    found = link_tracks(looks)
    if not found:
        return found, ((picture, None) for picture in film.pictures())
    known: Known = {}
    for row, faces, frame in zip(keys, seen, looks, strict=True):
        number = choose_face(found[0], frame)
        known[row] = None if number is None else _face(faces, number, "detected")
    return found, _Refiner(found, survey, settings).rows(film, known, max(BLOCK_BYTES // picture_bytes, survey))


def key_rows(film: FrameReader, spacing: int) -> list[int]:
    """The rows searched in full: the first row, one of every `spacing` rows, and the first after every cut.

    Of `spacing` rows it is the first key frame of the codec where there is one, for these can be decoded without the
    rest, and else the first row.

    Example:
        >>> key = np.isin(np.arange(10), [0, 8])
        >>> change = np.where(np.arange(10) == 4, 90.0, 1.0)
        >>> key_rows(Film(Path("cut.mp4"), np.arange(10), np.arange(10) / 30, key, change), 3)
        [0, 3, 4, 8, 9]
    """
    starts = range(0, len(film), spacing)
    steps = [start + int(np.argmax(film.key[start : start + spacing])) for start in starts]  # 0 where none is
    return sorted({*starts[:1], *steps, *cuts(film)})


def cuts(film: FrameReader) -> list[int]:
    """The first rows of new shots."""
    return np.flatnonzero(film.change > CUT).tolist()


class _Refiner:
    """Fills the rows between key rows."""

    def __init__(self, found: list[Track], spacing: int, settings: CropSettings) -> None:
        self.person, self.others = found[0], found[1:]
        self.spacing = spacing
        self.sure = settings.thresholds[2]
        self.cascade = mtcnn_of(settings)

    def rows(self, film: FrameReader, known: Known, most: int) -> Iterator[tuple[Picture, Face | None]]:
        """Every picture with the person's face, in blocks of about `most` rows from one key row to a later one."""
        pictures = film.pictures()
        shots = {0, *cuts(film), len(film)}
        ends = sorted({*known, *shots})
        for first, last in spans(ends, most):
            taken = {row: next(pictures) for row in range(ends[first], ends[last])}
            faces = self._bisected(taken, {row: known.get(row) for row in ends[first : last + 1]}, shots)
            yield from ((taken[row], faces[row]) for row in taken)
            del taken, faces  # before the next block is held as well

    def _bisected(self, pictures: Mapping[int, Picture], known: Known, shots: set[int]) -> Known:
        """Fill the gaps between known rows from their middles outwards; a shot that begins says nothing before it."""
        known = dict(known)
        gaps = [gap for gap in pairwise(known) if gap[1] - gap[0] > 1]
        while gaps:
            starts = {(a + b) // 2: _halfway(known[a], None if b in shots else known[b]) for a, b in gaps}
            known |= self._looked({row: pictures[row] for row in starts}, starts)
            halves = [half for a, b in gaps for half in ((a, (a + b) // 2), ((a + b) // 2, b))]
            gaps = [(a, b) for a, b in halves if b - a > 1]
        return known

    def _looked(self, pictures: Mapping[int, Picture], starts: Known) -> Known:
        """The person's face in some rows: refined from its start where that is beyond doubt, else searched in full."""
        result: Known = {}
        hopeful = {row: start.box for row, start in starts.items() if start is not None and not self._contested(row)}
        refined = refine(
            self.cascade, [pictures[row] for row in hopeful], np.array(list(hopeful.values())).reshape(-1, 4)
        )
        for number, (row, start) in enumerate(hopeful.items()):
            if self._beyond_doubt(row, pictures[row], start, refined, number):
                result[row] = _face(refined, number, "refined")
        for block in batched((row for row in pictures if row not in result), BATCH):
            searched = self.cascade.detect(np.stack([pictures[row] for row in block]))
            for row, faces in zip(block, searched, strict=True):
                result[row] = face_of_track(self.person, row, pictures[row], faces)
        return result

    def _beyond_doubt(self, row: int, picture: Picture, start: np.ndarray, refined: Faces, number: int) -> bool:
        if not refined.confidence[number] > self.sure or box_proximity(start, refined.boxes[number]) < MIN_PROXIMITY:
            return False
        one = Faces(*(a[number : number + 1] for a in (refined.boxes, refined.confidence, refined.landmarks)))
        return choose_face(self.person, observe(row, picture, one)) is not None

    def _contested(self, row: int) -> bool:
        """Whether the survey saw someone else near the person around this time."""
        place = self.person.place(row)
        return any(
            box_proximity(place, other.place(row)) > 0
            for other in self.others
            if other.rows[0] - self.spacing < row < other.rows[-1] + self.spacing
        )


def spans(keys: list[int], most: int) -> Iterator[tuple[int, int]]:
    """Numbers of the first and the last key of blocks that span `most` rows, or two neighbouring keys if these do."""
    first = 0
    while first < len(keys) - 1:
        last = first + 1
        while last + 1 < len(keys) and keys[last + 1] - keys[first] <= most:
            last += 1
        yield first, last
        first = last


def _halfway(first: Face | None, last: Face | None) -> Face | None:
    """Where to start between two rows: halfway where both have a face, at the one that has, nowhere without any."""
    if first is None or last is None:
        return first or last
    return interpolate_face(first, last, 0.5)


def _face(faces: Faces, number: int, origin: str) -> Face:
    return Face(faces.boxes[number], faces.landmarks[number], float(faces.confidence[number]), origin)
