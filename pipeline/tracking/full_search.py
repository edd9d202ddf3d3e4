"""The full search: the whole MTCNN cascade on every row, and the person's face chosen from all that it finds."""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import torch

from pipeline.faces.face_crop import CropSettings, Face
from pipeline.faces.halving import Picture
from pipeline.faces.mtcnn import Faces, Mtcnn, load_mtcnn
from pipeline.tracking.frame_reader import batched
from pipeline.tracking.person import Person
from pipeline.tracking.tracks import observe

GPU_BATCH = 4  # pictures in a batch of P-Net; a processor is fastest with one

FacesByRow = dict[int, Face | None]


class FullSearch:
    """Finds the followed person's face in the rows between key rows by searching every picture in full."""

    def __init__(self, settings: CropSettings) -> None:
        """Load the cascade."""
        self.cascade = load_recording_mtcnn(settings)

    def detect(self, pictures: Iterable[Picture]) -> Iterator[Faces]:
        """Yield all faces of each picture."""
        for block in batched(pictures, self.cascade.batch):
            yield from self.cascade.detect(np.stack(block))

    def find(self, pictures: Mapping[int, Picture], key_faces: FacesByRow, person: Person) -> FacesByRow:
        """Find the person's face in the rows between key rows.

        Args:
            pictures: by row.
            key_faces: the person's face in the key rows, by row, rising; the last row may lie behind the recording.
            person: answers whose a face is.

        Returns:
            The faces of all rows from the first key row to the last, None where the person's is not found.
        """
        inner = [row for row in range(min(key_faces), max(key_faces)) if row not in key_faces]
        return {**key_faces, **self.search(pictures, inner, person)}

    def search(self, pictures: Mapping[int, Picture], rows: Iterable[int], person: Person) -> FacesByRow:
        """Return the person's face in each of some rows, from the full cascade."""
        rows = list(rows)
        found = zip(rows, self.detect(pictures[row] for row in rows), strict=True)
        return {row: detected_face(faces, person.choose(observe(row, pictures[row], faces))) for row, faces in found}


def detected_face(faces: Faces, number: int | None, origin: str = "detected") -> Face | None:
    """Return one of the faces of a picture; None stays None."""
    if number is None:
        return None
    return Face(faces.boxes[number], faces.landmarks[number], float(faces.confidence[number]), origin)


def load_recording_mtcnn(settings: CropSettings) -> Mtcnn:
    """Return the cascade for the pictures of recordings."""
    device = torch.device(settings.device)
    return load_mtcnn(settings.min_face, settings.thresholds, 1 if device.type == "cpu" else GPU_BATCH, device)
