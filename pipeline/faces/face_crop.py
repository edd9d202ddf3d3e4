"""What an aligned face is: where it can come from, what shapes it, and how it is cut out of its picture."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from pipeline.faces.similarity import Picture, similarity, square_crop, warp
from pipeline.params import Align

ORIGINS = {"absent": 0, "detected": 1, "refined": 2, "interpolated": 3, "published": 4}


@dataclass(frozen=True)
class CropSettings:
    """How a face is found in a picture and cut out of it; see the section `align` of params.yaml."""

    method: str
    size: int
    min_face: int
    thresholds: tuple[float, float, float]
    margin: float
    device: str

    @classmethod
    def of(cls, align: Align, device: str) -> "CropSettings":
        """What the section says, on a device."""
        return cls(align.method, align.size, align.min_face, align.thresholds, align.margin, device)


@dataclass(frozen=True)
class Face:
    """One face in one picture.

    Attributes:
        box: (x1, y1, x2, y2) in pixels.
        landmarks: left eye, right eye, nose, left and right mouth corner, (x, y) in pixels.
        confidence: the detector's probability; NaN where the face was not seen but put between two that were.
        origin: a name of `ORIGINS`.
    """

    box: Float[np.ndarray, " 4"]
    landmarks: Float[np.ndarray, "5 2"]
    confidence: float
    origin: str

    def __post_init__(self) -> None:
        if self.origin not in ORIGINS or self.origin == "absent":
            raise ValueError(f"origin {self.origin!r}; allowed: {', '.join(sorted(set(ORIGINS) - {'absent'}))}")


def interpolate_face(first: Face, last: Face, share: float) -> Face:
    """The face that lies the given share of the way from one to another."""
    box = (1 - share) * first.box + share * last.box
    landmarks = (1 - share) * first.landmarks + share * last.landmarks
    return Face(box, landmarks, np.nan, "interpolated")


def crop_face(picture: Picture, face: Face | None, settings: CropSettings) -> np.ndarray:
    """The aligned face by the chosen method; black where there is none."""
    if face is None:
        return np.zeros((settings.size, settings.size, 3), np.uint8)
    if settings.method == "crop":
        return warp(picture, square_crop(face.box, settings.size, settings.margin), settings.size)
    return warp(picture, similarity(face.landmarks, settings.size), settings.size)
