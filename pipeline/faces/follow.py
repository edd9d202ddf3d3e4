"""Follow one person through a recording.

A sparse first pass (the survey) looks at some frames, links the faces it finds into people, and takes the person who
is seen most often: not the largest in a single frame. In the second pass every frame asks which of its faces, if any,
is that person, by where the survey saw them around this time and by their look. No frame depends on the choice made
in the frame before, so a passer-by cannot take over, and a person who was away is taken up again.
"""

from bisect import bisect_left
from dataclasses import dataclass, field
from functools import cached_property

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from pipeline.faces.cascade import Faces
from pipeline.faces.similarity import similarity, warped

LOOK = 24  # pixels: the side of the small aligned picture that a look is taken from
NEAR = 1.5  # faces apart, in sizes of a face, at which a place says nothing any more
SAME = 0.45  # least resemblance of two sightings of one person
# Measured on 21 real videos: a look and the mean look of its person correlate by 0.6 and more (median 0.99), those of
# two people by 0.24 (median; 0.75 in 5 of 100 pairs).
ALIKE = 0.4  # least correlation of two looks of one person
SLACK = 0.25  # below the 5 % quantile of the survey, what is still that person
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
    """Where and when a person was seen in the survey, and how they looked."""

    rows: list[int] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    looks: list[np.ndarray] = field(default_factory=list)
    look: Float[np.ndarray, " look"] | None = None

    def add(self, sighting: Sighting) -> None:
        """Take a sighting, later than all before, as one of this person."""
        mean = sighting.look if self.look is None else self.look * len(self.rows) + sighting.look
        self.look = mean / np.linalg.norm(mean)
        self.rows.append(sighting.row)
        self.boxes.append(sighting.box)
        self.looks.append(sighting.look.astype(np.float32))

    @cached_property
    def least(self) -> float:
        """The correlation with the mean look below which a face is someone else's; known when the survey is done."""
        return max(ALIKE, float(np.quantile(np.stack(self.looks) @ self.look, 0.05)) - SLACK)

    @property
    def area(self) -> float:
        """Mean area of the face, in square pixels."""
        return float(np.mean([np.prod(box[2:] - box[:2]) for box in self.boxes]))

    def joined(self, other: "Person") -> "Person":
        """Both as one person; they were never seen together."""
        rows = np.array(self.rows + other.rows)
        boxes, looks = self.boxes + other.boxes, self.looks + other.looks
        order = np.argsort(rows).tolist()
        look = np.stack(looks).sum(axis=0, dtype=np.float64)
        ordered = [boxes[number] for number in order], [looks[number] for number in order]
        return Person(rows[order].tolist(), *ordered, look / np.linalg.norm(look))

    def met(self, other: "Person") -> bool:
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

    def resemblance(self, sighting: Sighting) -> float:
        """How much a face is this person's: the mean of place (0 to 1) and look (-1 to 1)."""
        return (closeness(self.place(sighting.row), sighting.box) + self.likeness(sighting)) / 2

    def likeness(self, sighting: Sighting) -> float:
        """The correlation of a face's look with this person's."""
        assert self.look is not None
        return float(self.look @ sighting.look)


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
            if alike >= SAME and i not in joined.values() and j not in joined and found[i].likeness(frame[j]) >= ALIKE:
                joined[j] = i
        for j, sighting in enumerate(frame):
            if j not in joined:
                joined[j] = len(found)
                found.append(Person())
            found[joined[j]].add(sighting)
    return sorted(_reunited(found), key=lambda p: (-len(p.rows), -p.area, float(p.boxes[0][0])))


def _reunited(found: list[Person]) -> list[Person]:
    """Join people who are one by the measure that joins faces, and were never seen together.

    Who first looks down and then up may begin as two people, for a face is compared with what was seen until then.
    """
    whole: list[Person] = []
    for person in sorted(found, key=lambda one: -len(one.rows)):
        alike = [-1.0 if one.met(person) else _alike(one, person) for one in whole]
        best = int(np.argmax(alike)) if alike else 0
        if alike and alike[best] >= SAME:
            whole[best] = whole[best].joined(person)
        else:
            whole.append(person)
    return whole


def _alike(often: Person, seldom: Person) -> float:
    """How much two people are one, as `Person.resemblance`; below 0 where their looks say that they are not."""
    assert often.look is not None and seldom.look is not None
    look = float(often.look @ seldom.look)
    if look < ALIKE:
        return -1.0
    near = [closeness(often.place(row), box) for row, box in zip(seldom.rows, seldom.boxes, strict=True)]
    return (float(np.mean(near)) + look) / 2


def rivals(found: list[Person]) -> int:
    """How many others are seen nearly as often as the first person."""
    return sum(len(person.rows) >= RIVAL * len(found[0].rows) for person in found[1:]) if found else 0


def choose(person: Person, frame: list[Sighting]) -> int | None:
    """The number of the face in a frame that is the person's, or None where none is."""
    alike = {number: person.resemblance(s) for number, s in enumerate(frame) if person.likeness(s) >= person.least}
    best = max(alike, key=lambda number: alike[number], default=None)
    return best if best is not None and alike[best] >= SAME else None
