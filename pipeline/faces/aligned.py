"""What an aligned face is: where it can come from, what shapes it, and how it is cut out of its picture."""

from dataclasses import dataclass

import numpy as np

from pipeline.faces.similarity import Picture, similarity, square_crop, warped

ORIGINS = {"absent": 0, "detected": 1, "refined": 2, "interpolated": 3, "published": 4}


@dataclass(frozen=True)
class Settings:
    """What shapes an aligned recording; see the section `align` of params.yaml."""

    method: str
    size: int
    max_gap: int
    survey: int
    min_face: int
    thresholds: tuple[float, float, float]
    margin: float
    device: str


def straightened(picture: Picture, box: np.ndarray, landmarks: np.ndarray, settings: Settings) -> np.ndarray:
    """The aligned face by the chosen method; black where the landmarks are not numbers."""
    if np.isnan(landmarks).any():
        return np.zeros((settings.size, settings.size, 3), np.uint8)
    if settings.method == "crop":
        return warped(picture, square_crop(box, settings.size, settings.margin), settings.size)
    return warped(picture, similarity(landmarks, settings.size), settings.size)
