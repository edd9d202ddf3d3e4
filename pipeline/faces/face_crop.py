"""Face crops: the settings of face detection and alignment, one face of a picture, and its aligned crop."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from pipeline.faces.halving import Picture
from pipeline.faces.similarity import similarity, square_crop, warp
from pipeline.params.faces import Align

ORIGINS = {"absent": 0, "detected": 1, "refined": 2, "interpolated": 3, "published": 4}


@dataclass(frozen=True)
class CropSettings:
    """Settings of face detection and alignment; see the section `align` of params.yaml."""

    method: str
    size: int
    min_face: int
    thresholds: tuple[float, float, float]
    margin: float
    device: str

    @classmethod
    def from_params(cls, align: Align, device: str) -> "CropSettings":
        """Take the settings from the section `align`, for networks on `device`."""
        return cls(align.method, align.size, align.min_face, align.thresholds, align.margin, device)


@dataclass(frozen=True)
class Face:
    """One face in one picture.

    Attributes:
        box: (x1, y1, x2, y2) in pixels.
        landmarks: left eye, right eye, nose, left and right mouth corner, (x, y) in pixels.
        confidence: the detector's probability; NaN if the face is interpolated.
        origin: a name of `ORIGINS` other than absent.
    """

    box: Float[np.ndarray, " 4"]
    landmarks: Float[np.ndarray, "5 2"]
    confidence: float
    origin: str

    def __post_init__(self) -> None:
        if self.origin not in ORIGINS or self.origin == "absent":
            raise ValueError(f"origin {self.origin!r}; allowed: {', '.join(sorted(set(ORIGINS) - {'absent'}))}")


def interpolate_face(first: Face, last: Face, share: float) -> Face:
    """Interpolate box and landmarks linearly: `first` at share 0, `last` at share 1."""
    box = (1 - share) * first.box + share * last.box
    landmarks = (1 - share) * first.landmarks + share * last.landmarks
    return Face(box, landmarks, np.nan, "interpolated")


def crop_face(picture: Picture, face: Face | None, settings: CropSettings) -> np.ndarray:
    """Cut the aligned face out of a picture by the method of the settings; without a face it is black."""
    if face is None:
        return np.zeros((settings.size, settings.size, 3), np.uint8)
    if settings.method == "crop":
        return warp(picture, square_crop(face.box, settings.size, settings.margin), settings.size)
    return warp(picture, similarity(face.landmarks, settings.size), settings.size)
