"""Small aligned pictures of a face: its look, by which tracking recognises a person, and its texture."""

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from pipeline.faces.similarity import similarity, warp

LOOK_SIZE = 24  # pixels: the side of the small aligned picture
TEXTURE_SIZE = 64  # likewise, of the texture
Look = UInt8[np.ndarray, "24 24 3"]
Texture = UInt8[np.ndarray, "64 64"]


def look_of(picture: UInt8[np.ndarray, "height width 3"], landmarks: Float[np.ndarray, "5 2"]) -> Look:
    """Return the look of a face: its small aligned picture, blurred."""
    return cv2.GaussianBlur(warp(picture, similarity(landmarks, LOOK_SIZE), LOOK_SIZE), (5, 5), 0)


def appearance_of(look: UInt8[np.ndarray, "..."]) -> Float[np.ndarray, " values"]:
    """Return a look as a vector of mean 0 and length 1; the dot product of two is their correlation, -1 to 1."""
    values = look.astype(np.float64).ravel()
    values -= values.mean()
    return values / max(float(np.linalg.norm(values)), 1e-9)


def texture_of(picture: UInt8[np.ndarray, "height width 3"], landmarks: Float[np.ndarray, "5 2"]) -> Texture:
    """Return the texture of a face: its aligned picture in grey levels, fine enough for lids and lips to show."""
    return cv2.cvtColor(warp(picture, similarity(landmarks, TEXTURE_SIZE), TEXTURE_SIZE), cv2.COLOR_RGB2GRAY)
