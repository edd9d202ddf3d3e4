"""Follow one person through a recording.

A sparse first pass (the survey) looks at some frames, links the faces it finds into people, and takes the person who
is seen most often: not the largest in a single frame. In the second pass every frame asks which of its faces, if any,
is that person, by where the survey saw them around this time and by their look. No frame depends on the choice made
in the frame before, so a passer-by cannot take over, and a person who was away is taken up again.
"""

from bisect import bisect_left
from dataclasses import dataclass, field

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from pipeline.faces.cascade import Faces
from pipeline.faces.similarity import similarity, warped

LOOK = 24  # pixels: the side of the small aligned picture that a look is taken from
NEAR = 1.5  # faces apart, in sizes of a face, at which a place says nothing any more
SAME = 0.45  # least resemblance of two sightings of one person
RIVAL = 0.8  # share of the followed person's sightings from which another counts as a rival

Box = Float[np.ndarray, " 4"]


@dataclass(frozen=True)
class Sighting:
    """One face in one frame.

    Attributes:
        row: the number of the frame.
        box: (x1, y1, x2, y2) in pixels.
        look: a small aligned picture, of mean 0 and length 1.
    """

    row: int
    box: Box
    look: Float[np.ndarray, " look"]


@dataclass
class Person:
    """Where and when a person was seen in the survey, and their mean look."""

    rows: list[int] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    look: Float[np.ndarray, " look"] | None = None

    def add(self, sighting: Sighting) -> None:
        """Take a sighting, later than all before, as one of this person."""
        mean = sighting.look if self.look is None else self.look * len(self.rows) + sighting.look
        self.look = mean / np.linalg.norm(mean)
        self.rows.append(sighting.row)
        self.boxes.append(sighting.box)

    @property
    def area(self) -> float:
        """Mean area of the face, in square pixels."""
        return float(np.mean([np.prod(box[2:] - box[:2]) for box in self.boxes]))

    def place(self, row: int) -> Box:
        """Where the face should be at a row: between the sightings around it, or at the only or nearest one."""
        after = bisect_left(self.rows, row)
        if after == 0:
            return self.boxes[0]
        if after == len(self.rows):
            return self.boxes[-1]
        first, last = self.rows[after - 1], self.rows[after]
        share = (row - first) / (last - first)
        return (1 - share) * self.boxes[after - 1] + share * self.boxes[after]

    def resemblance(self, sighting: Sighting) -> float:
        """How much a face is this person's: the mean of place (0 to 1) and look (-1 to 1)."""
        assert self.look is not None
        return (closeness(self.place(sighting.row), sighting.box) + float(self.look @ sighting.look)) / 2


def look_of(picture: UInt8[np.ndarray, "height width 3"], landmarks: Float[np.ndarray, "5 2"]) -> np.ndarray:
    """The look of a face: its small aligned picture, blurred, as a vector of mean 0 and length 1."""
    small = warped(picture, similarity(landmarks, LOOK), LOOK)
    values = cv2.GaussianBlur(small, (5, 5), 0).astype(np.float64).ravel()
    values -= values.mean()
    return values / max(float(np.linalg.norm(values)), 1e-9)


def closeness(first: Float[np.ndarray, " 4"], second: Float[np.ndarray, " 4"]) -> float:
    """How near two boxes are in place and size: 1 for equal boxes, 0 from 1.5 face sizes apart."""
    sizes = [float(np.sqrt(np.prod(box[2:] - box[:2]))) for box in (first, second)]
    apart = float(np.linalg.norm((first[:2] + first[2:] - second[:2] - second[2:]) / 2))
    return max(1 - apart / (NEAR * max(sizes)), 0.0) * min(sizes) / max(sizes)


def sightings(row: int, picture: UInt8[np.ndarray, "height width 3"], faces: Faces) -> list[Sighting]:
    """The faces of a frame, in the order of `faces`."""
    return [
        Sighting(row, box, look_of(picture, landmarks))
        for box, landmarks in zip(faces.boxes, faces.landmarks, strict=True)
    ]


def people(survey: list[list[Sighting]]) -> list[Person]:
    """Link the faces of surveyed frames, in order of time, into people; the most often seen comes first.

    Within a frame the most alike pairs are joined first, one face a person; a face like nobody starts a person.
    Equally often seen people are ordered by the size of their face, then by their place from left to right.
    """
    found: list[Person] = []
    for frame in survey:
        pairs = [(person.resemblance(s), i, j) for i, person in enumerate(found) for j, s in enumerate(frame)]
        joined: dict[int, int] = {}
        for alike, i, j in sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2])):
            if alike >= SAME and i not in joined.values() and j not in joined:
                joined[j] = i
        for j, sighting in enumerate(frame):
            if j not in joined:
                joined[j] = len(found)
                found.append(Person())
            found[joined[j]].add(sighting)
    return sorted(found, key=lambda p: (-len(p.rows), -p.area, float(p.boxes[0][0])))


def rivals(found: list[Person]) -> int:
    """How many others are seen nearly as often as the first person."""
    return sum(len(person.rows) >= RIVAL * len(found[0].rows) for person in found[1:]) if found else 0


def choose(person: Person, frame: list[Sighting]) -> int | None:
    """The number of the face in a frame that is the person's, or None where none is."""
    if not frame:
        return None
    alike = [person.resemblance(sighting) for sighting in frame]
    best = int(np.argmax(alike))
    return best if alike[best] >= SAME else None
