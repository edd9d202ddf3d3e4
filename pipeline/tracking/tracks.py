"""TODO docstring."""

from bisect import bisect_left
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from jaxtyping import Float, UInt8

from pipeline.faces.mtcnn import Faces
from pipeline.tracking.appearance import appearance_of

MAX_DISTANCE = 1.5  # faces apart, in sizes of a face, at which a place says nothing any more

# Measured on 21 real videos: a look and the mean look of its person correlate by 0.6 and more (median 0.99), those of
# two people by 0.24 (median; 0.75 in 5 of 100 pairs).
MIN_CORRELATION = 0.4  # least correlation of two looks of one person

SLACK = 0.25  # below the 5 % quantile of the survey, what is still that person

Box = Float[np.ndarray, " 4"]


@dataclass(frozen=True)
class Observation:
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
class Track:
    """Where and when a person was seen in the survey, and how they looked."""

    rows: list[int] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    looks: list[np.ndarray] = field(default_factory=list)
    look: Float[np.ndarray, " look"] | None = None

    def add(self, sighting: Observation) -> None:
        """Take a sighting, later than all before, as one of this person."""
        mean = sighting.look if self.look is None else self.look * len(self.rows) + sighting.look
        self.look = mean / np.linalg.norm(mean)
        self.rows.append(sighting.row)
        self.boxes.append(sighting.box)
        self.looks.append(sighting.look.astype(np.float32))

    @cached_property
    def least(self) -> float:
        """The correlation with the mean look below which a face is someone else's; known when the survey is done."""
        return max(MIN_CORRELATION, float(np.quantile(np.stack(self.looks) @ self.look, 0.05)) - SLACK)

    @property
    def area(self) -> float:
        """Mean area of the face, in square pixels."""
        return float(np.mean([np.prod(box[2:] - box[:2]) for box in self.boxes]))

    def joined(self, other: "Track") -> "Track":
        """Both as one person; they were never seen together."""
        rows = np.array(self.rows + other.rows)
        boxes, looks = self.boxes + other.boxes, self.looks + other.looks
        order = np.argsort(rows).tolist()
        look = np.stack(looks).sum(axis=0, dtype=np.float64)
        ordered = [boxes[number] for number in order], [looks[number] for number in order]
        return Track(rows[order].tolist(), *ordered, look / np.linalg.norm(look))

    def met(self, other: "Track") -> bool:
        """Whether both were seen in one frame."""
        often, seldom = (self.rows, other.rows) if len(self.rows) > len(other.rows) else (other.rows, self.rows)
        places = (bisect_left(often, row) for row in seldom)
        return any(place < len(often) and often[place] == row for place, row in zip(places, seldom, strict=True))

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

    def resemblance(self, sighting: Observation) -> float:
        """How much a face is this person's: the mean of place (0 to 1) and look (-1 to 1)."""
        return (box_proximity(self.place(sighting.row), sighting.box) + self.likeness(sighting)) / 2

    def likeness(self, sighting: Observation) -> float:
        """The correlation of a face's look with this person's."""
        assert self.look is not None
        return float(self.look @ sighting.look)


def box_proximity(first: Float[np.ndarray, " 4"], second: Float[np.ndarray, " 4"]) -> float:
    """How near two boxes are in place and size: 1 for equal boxes, 0 from 1.5 face sizes apart."""
    sizes = [float(np.sqrt(np.prod(box[2:] - box[:2]))) for box in (first, second)]
    apart = float(np.linalg.norm((first[:2] + first[2:] - second[:2] - second[2:]) / 2))
    return max(1 - apart / (MAX_DISTANCE * max(sizes)), 0.0) * min(sizes) / max(sizes)


def observe(row: int, picture: UInt8[np.ndarray, "height width 3"], faces: Faces) -> list[Observation]:
    """The faces of a frame, in the order of `faces`."""
    return [
        Observation(row, box, appearance_of(picture, landmarks))
        for box, landmarks in zip(faces.boxes, faces.landmarks, strict=True)
    ]
