"""Small aligned pictures of a face: its appearance, by which tracking recognises a person, and its texture."""

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from pipeline.faces.similarity import similarity, warp

APPEARANCE_SIZE = 24  # pixels: the side of the small aligned picture
TEXTURE_SIZE = 64  # likewise, of the texture
Texture = UInt8[np.ndarray, "64 64"]


def appearance_of(picture: UInt8[np.ndarray, "height width 3"], landmarks: Float[np.ndarray, "5 2"]) -> np.ndarray:
    """Return the appearance of a face: its small aligned picture, blurred, as a vector of mean 0 and length 1.

    The dot product of two appearances is their correlation, -1 to 1.
    """
    small = warp(picture, similarity(landmarks, APPEARANCE_SIZE), APPEARANCE_SIZE)
    values = cv2.GaussianBlur(small, (5, 5), 0).astype(np.float64).ravel()
    values -= values.mean()
    return values / max(float(np.linalg.norm(values)), 1e-9)


def texture_of(picture: UInt8[np.ndarray, "height width 3"], landmarks: Float[np.ndarray, "5 2"]) -> Texture:
    """Return the texture of a face: its aligned picture in grey levels, fine enough for lids and lips to show."""
    return cv2.cvtColor(warp(picture, similarity(landmarks, TEXTURE_SIZE), TEXTURE_SIZE), cv2.COLOR_RGB2GRAY)
