"""Observations (faces of single frames) and tracks (the observations of one person), compared by box and appearance."""

from bisect import bisect_left
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from math import hypot, sqrt

import numpy as np
from jaxtyping import Float, UInt8

from pipeline.faces.mtcnn import Faces
from pipeline.tracking.appearance import Look, Texture, appearance_of, look_of, texture_of
from pipeline.tracking.samples import evenly_spaced

MAX_DISTANCE = 1.5  # between the centres of two boxes, in face sizes, from which on their proximity is 0

# Measured on 21 real videos: an appearance and the mean appearance of the same person correlate by 0.6 and more
# (median 0.99), those of two people by 0.24 (median; 0.75 in 5 of 100 pairs).
MIN_CORRELATION = 0.4  # minimum correlation of two appearances of one person

SAMPLES = 256  # appearances from which that is computed, evenly spaced
CORRELATION_MARGIN = 0.25  # how far below the 5 % quantile of its survey a correlation is still that person's

Box = Float[np.ndarray, " 4"]


class Liveness(Enum):
    """Whether a face is a person's, or that of a photograph, a poster or a doll."""

    LIVING = "living"
    STILL = "still"
    UNKNOWN = "too short to say"


@dataclass(frozen=True)
class Observation:
    """One face in one frame.

    Attributes:
        row: the index of the frame.
        box: (x1, y1, x2, y2) in pixels.
        look: a small aligned picture.
        confidence: the detector's probability; NaN where tracking does not need it.
        texture: the aligned face in grey levels; None outside the even survey.
    """

    row: int
    box: Box
    look: Look
    confidence: float = np.nan
    texture: Texture | None = None

    @property
    def appearance(self) -> Float[np.ndarray, " values"]:
        """The look as a vector of mean 0 and length 1; computed anew each time, because looks are stored by the row."""
        return appearance_of(self.look)


@dataclass
class Track:
    """The observations of one person in the survey, in order of time.

    Attributes:
        rows: the index of the frame of each observation, rising.
        boxes: the box of each.
        appearances: the appearance of each.
        mean_appearance: the normalised mean of all appearances; None before the first observation.
        confidences: the detector's probability of each.
        textures: the texture of each.
        liveness: whether the face is a living person's, as far as it has been judged.
        still_tracks: faces of the same recording that never move, such as photographs; none of them is this person's.
    """

    rows: list[int] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    appearances: list[np.ndarray] = field(default_factory=list)
    mean_appearance: Float[np.ndarray, " values"] | None = None
    confidences: list[float] = field(default_factory=list)
    textures: list[Texture | None] = field(default_factory=list)
    liveness: Liveness = Liveness.UNKNOWN
    still_tracks: list["Track"] = field(default_factory=list)

    def add(self, observation: Observation) -> None:
        """Append an observation that is later than all before."""
        appearance = observation.appearance
        total = appearance if self.mean_appearance is None else self.mean_appearance * len(self.rows) + appearance
        self.mean_appearance = total / np.linalg.norm(total)
        self.rows.append(observation.row)
        self.boxes.append(observation.box)
        self.appearances.append(appearance.astype(np.float32))
        self.confidences.append(observation.confidence)
        self.textures.append(observation.texture)

    @cached_property
    def min_correlation(self) -> float:
        """The correlation with the mean appearance below which a face is not this person's.

        It is computed once, so it may be read only from a track that no longer grows.
        """
        numbers = evenly_spaced(len(self.appearances), SAMPLES)
        correlations = np.stack([self.appearances[number] for number in numbers]) @ self.mean_appearance
        return max(MIN_CORRELATION, float(np.quantile(correlations, 0.05)) - CORRELATION_MARGIN)

    @property
    def surveyed(self) -> list[int]:
        """The rows of the even survey, in which the face counts; the others only say where it is."""
        return [row for row, texture in zip(self.rows, self.textures, strict=True) if texture is not None]

    @property
    def area(self) -> float:
        """Mean area of the face, in square pixels."""
        return float(np.mean([np.prod(box[2:] - box[:2]) for box in self.boxes]))

    def copy(self) -> "Track":
        """Return a track with the same observations, which stays as it is when this one grows."""
        return Track(
            self.rows[:],
            self.boxes[:],
            self.appearances[:],
            self.mean_appearance,
            self.confidences[:],
            self.textures[:],
        )

    def merge(self, track: "Track") -> "Track":
        """Return the union of two tracks of one person that have no frame in common."""
        rows = np.array(self.rows + track.rows)
        order = np.argsort(rows).tolist()
        boxes, appearances, confidences, textures = (
            [values[number] for number in order]
            for values in (
                self.boxes + track.boxes,
                self.appearances + track.appearances,
                self.confidences + track.confidences,
                self.textures + track.textures,
            )
        )
        total = np.stack(appearances).sum(axis=0, dtype=np.float64)
        return Track(rows[order].tolist(), boxes, appearances, total / np.linalg.norm(total), confidences, textures)

    def shares_frame(self, track: "Track") -> bool:
        """Whether both tracks have an observation in the same frame."""
        longer, shorter = (self.rows, track.rows) if len(self.rows) > len(track.rows) else (track.rows, self.rows)
        positions = (bisect_left(longer, row) for row in shorter)
        return any(
            position < len(longer) and longer[position] == row for position, row in zip(positions, shorter, strict=True)
        )

    def box_at(self, row: int) -> Box:
        """Return the expected box at a row: interpolated between the observations around it, else the nearest one."""
        after = bisect_left(self.rows, row)
        if after == 0:
            return self.boxes[0]
        if after == len(self.rows):
            return self.boxes[-1]
        first, last = self.rows[after - 1], self.rows[after]
        share = (row - first) / (last - first)
        return (1 - share) * self.boxes[after - 1] + share * self.boxes[after]

    def compare(self, observation: Observation) -> tuple[float, float]:
        """Return the affinity with an observation, and the correlation of its appearance with the mean one (-1 to 1).

        The affinity is the mean of the proximity of the boxes (0 to 1) and the correlation.
        """
        assert self.mean_appearance is not None
        correlation = float(self.mean_appearance @ observation.appearance)
        return (box_proximity(self.box_at(observation.row), observation.box) + correlation) / 2, correlation


def box_proximity(first: Float[np.ndarray, " 4"], second: Float[np.ndarray, " 4"]) -> float:
    """Return how close two boxes are in position and size: 1 for equal boxes, 0 from a distance of 1.5 face sizes.

    The proximity of a box without area is 0.
    """
    ax0, ay0, ax1, ay1 = first.tolist()  # plain numbers: this runs for every face, and arrays of four are slow
    bx0, by0, bx1, by1 = second.tolist()
    sizes = [sqrt(max(ax1 - ax0, 0) * max(ay1 - ay0, 0)), sqrt(max(bx1 - bx0, 0) * max(by1 - by0, 0))]
    smaller, larger = sorted(sizes)
    if not smaller:
        return 0.0
    distance = hypot(ax0 + ax1 - bx0 - bx1, ay0 + ay1 - by0 - by1) / 2
    return max(1 - distance / (MAX_DISTANCE * larger), 0.0) * smaller / larger


def observe(row: int, picture: UInt8[np.ndarray, "height width 3"], faces: Faces) -> list[Observation]:
    """Return an observation for each face of a frame, in the order of `faces`; without textures."""
    return [
        Observation(row, box, look_of(picture, landmarks))
        for box, landmarks in zip(faces.boxes, faces.landmarks, strict=True)
    ]


def survey_faces(row: int, picture: UInt8[np.ndarray, "height width 3"], faces: Faces) -> list[Observation]:
    """Return an observation for each face of a frame, in the order of `faces`; with textures and confidences."""
    return [
        Observation(row, box, look_of(picture, landmarks), float(confidence), texture_of(picture, landmarks))
        for box, landmarks, confidence in zip(faces.boxes, faces.landmarks, faces.confidence, strict=True)
    ]
