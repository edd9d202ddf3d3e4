"""The sparse search: R-Net and O-Net alone on the rows between key rows, and the full cascade where that is unreliable.

Between two key rows, the row in the middle is refined first, starting from the box halfway between theirs, then the
rows in the middle of the two halves, and so on. Each row is therefore refined from boxes that are close in time, and
all rows of one round are in the same batches. The landmarks of every row are predicted by MTCNN's networks from this
very picture. If a refined face is unreliable (low confidence, a jump of the box, an appearance unlike the person's,
another person nearby, landmarks beside those of the neighbouring rows that a second look does not confirm), the full
cascade runs on its row.
"""

from collections.abc import Iterable, Mapping
from itertools import pairwise

import numpy as np
from jaxtyping import Float

from pipeline.faces.face_crop import CropSettings, Face, interpolate_face
from pipeline.faces.halving import Picture
from pipeline.faces.mtcnn import Faces
from pipeline.tracking.full_search import FacesByRow, FullSearch, detected_face
from pipeline.tracking.person import Person
from pipeline.tracking.refine import refine
from pipeline.tracking.tracks import Box, box_proximity, observe

MIN_PROXIMITY = 0.6  # minimum proximity of a refined box and the box it was refined from
MAX_DISAGREEMENT = 0.1  # of two looks at one face, in distances between the eyes
MAX_SURPRISE = 0.1  # of a face and the middle of its neighbours in time, likewise; beyond it is looked at twice


class SparseSearch(FullSearch):
    """Finds the followed person's face in the rows between key rows by refinement, or by a full search in doubt."""

    def __init__(self, settings: CropSettings, shots: Iterable[int]) -> None:
        """Load the cascade.

        Args:
            settings: of face detection.
            shots: the rows at which a shot begins; each is a key row, and tells nothing of the rows before it.
        """
        super().__init__(settings)
        self.shots, self.min_confidence = frozenset(shots), settings.thresholds[2]

    def find(self, pictures: Mapping[int, Picture], key_faces: FacesByRow, person: Person) -> FacesByRow:
        """Find the person's face in the rows between key rows; see `FullSearch.find`."""
        faces = dict(key_faces)
        gaps = [gap for gap in pairwise(key_faces) if gap[1] - gap[0] > 1]
        while gaps:
            starts = {(a + b) // 2: self._halfway(faces, a, b) for a, b in gaps}
            faces |= self._refine_or_search(pictures, starts, person)
            halves = [half for a, b in gaps for half in ((a, (a + b) // 2), ((a + b) // 2, b))]
            gaps = [(a, b) for a, b in halves if b - a > 1]
        return faces | self.search(pictures, self._in_doubt(pictures, faces), person)

    def _halfway(self, faces: FacesByRow, first: int, last: int) -> Face | None:
        """Return the face halfway between two rows; if only one row has a face, that face; without any, None."""
        a, b = faces[first], None if last in self.shots else faces[last]
        return a or b if a is None or b is None else interpolate_face(a, b, 0.5)

    def _refine_or_search(self, pictures: Mapping[int, Picture], starts: FacesByRow, person: Person) -> FacesByRow:
        """Return the person's face in each row: refined from its start if reliable, else from the full cascade."""
        boxes = {row: start.box for row, start in starts.items() if start is not None and not person.has_company(row)}
        refined = self._refine(pictures, boxes)
        faces: FacesByRow = {
            row: detected_face(refined, number, "refined")
            for number, (row, box) in enumerate(boxes.items())
            if self._is_reliable(row, pictures[row], box, refined, number, person)
        }
        return faces | self.search(pictures, (row for row in starts if row not in faces), person)

    def _refine(self, pictures: Mapping[int, Picture], boxes: Mapping[int, Box]) -> Faces:
        """Refine one box in each of some rows."""
        return refine(self.cascade, [pictures[row] for row in boxes], np.array(list(boxes.values())).reshape(-1, 4))

    def _is_reliable(
        self, row: int, picture: Picture, box: np.ndarray, refined: Faces, number: int, person: Person
    ) -> bool:
        """Whether a face that was refined from `box` is confident, has not jumped, and is the person's."""
        if (
            not refined.confidence[number] > self.min_confidence
            or box_proximity(box, refined.boxes[number]) < MIN_PROXIMITY
        ):
            return False
        return person.choose(observe(row, picture, refined[np.array([number])])) is not None

    def _in_doubt(self, pictures: Mapping[int, Picture], faces: FacesByRow) -> list[int]:
        """Return the refined rows whose landmarks change when they are refined once more, from their own box.

        Only a face beside the middle of its neighbours is looked at twice: a second look costs as much as the first.
        """
        beside = {
            row: face
            for row, face in faces.items()
            if face is not None
            and face.origin == "refined"
            and (middle := self._halfway(faces, row - 1, row + 1)) is not None
            and _differ(face.landmarks, middle.landmarks, MAX_SURPRISE)
        }
        second = self._refine(pictures, {row: face.box for row, face in beside.items()})
        return [
            row
            for (row, face), landmarks in zip(beside.items(), second.landmarks, strict=True)
            if _differ(face.landmarks, landmarks, MAX_DISAGREEMENT)
        ]


def _differ(first: Float[np.ndarray, "5 2"], second: Float[np.ndarray, "5 2"], limit: float) -> bool:
    """Whether a landmark of one face differs by more than `limit` distances between the eyes."""
    eye_distance = float(np.linalg.norm(first[0] - first[1]))
    return float(np.linalg.norm(first - second, axis=1).max()) > limit * eye_distance
