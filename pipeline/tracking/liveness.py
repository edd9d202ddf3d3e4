"""Liveness: a face that never moves while time goes by is a photograph, a poster or a doll, and no person.

The textures of a track's observations are registered to the one in the middle by an affine transform (Evangelidis and
Psarakis 2008, DOI 10.1109/TPAMI.2008.113), which takes up the movement of the camera, the jitter of the landmarks and
a print that is moved as a whole. What remains in a living face are its lids, lips and turns of the head.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from pipeline.tracking.appearance import TEXTURE_SIZE, Texture
from pipeline.tracking.samples import evenly_spaced
from pipeline.tracking.tracks import Liveness

# Measured on windows of 6 s of 47 real clips and of the same clips with faces of 45 pixels: 0.175 and more (155
# windows; median 0.9), 2 of 111 below 0.22; on 100 drawn videos 0.81 and more. On 72 single frames of these clips
# repeated for 5 s: at most 0.04 as they are and 0.15 with noise; with light that changes, 70 of 72 below 0.15; with a
# hand-held or turning camera about 9 of 10 below 0.15, 19 of 20 below 0.22.
MIN_MOVEMENT = 0.15
MIN_MOVEMENT_BESIDE_LIVELY = 0.22  # of a face in a recording in which another one moves at least twice as much
LIVELY = 2 * MIN_MOVEMENT_BESIDE_LIVELY

STILL_SECONDS = 5.0  # a face that does not move for less may be a person who sits still
STILL_OBSERVATIONS = 6
LIVING_SECONDS, LIVING_OBSERVATIONS = 1.0, 3  # of movement: less may be one false detection

SAMPLES = 24  # textures that are compared, evenly spaced
QUANTILE = 0.9  # of the differences: one wrong set of landmarks in ten does not count
BLUR, BLOCK = 1.5, 6  # pixels of a texture
BORDER = TEXTURE_SIZE // 8  # of a texture that is left out: registration moves it in and out


def judge_liveness(movements: Sequence[float], times: Sequence[Sequence[float]]) -> list[Liveness]:
    """Judge the faces of one recording by their movement.

    Args:
        movements: of each face.
        times: of the observations of each face, in seconds, rising.
    """
    lively = any(moved >= LIVELY and _may_live(seconds) for moved, seconds in zip(movements, times, strict=True))
    least = MIN_MOVEMENT_BESIDE_LIVELY if lively else MIN_MOVEMENT
    return [_liveness(moved, seconds, least) for moved, seconds in zip(movements, times, strict=True)]


def _liveness(moved: float, seconds: Sequence[float], least: float) -> Liveness:
    if moved >= least:
        return Liveness.LIVING if _may_live(seconds) else Liveness.UNKNOWN
    long = seconds[-1] - seconds[0] >= STILL_SECONDS and len(seconds) >= STILL_OBSERVATIONS
    return Liveness.STILL if long else Liveness.UNKNOWN


def _may_live(seconds: Sequence[float]) -> bool:
    """Whether a face is seen often enough to be no false detection."""
    return seconds[-1] - seconds[0] >= LIVING_SECONDS and len(seconds) >= LIVING_OBSERVATIONS


def movement(textures: Sequence[Texture]) -> float:
    """Return how much a face moves by itself: 0 for a picture, above `MIN_MOVEMENT` for a person.

    It is the 90 % quantile over the textures of the largest difference, averaged over a block of 6 x 6 pixels, to the
    texture in the middle. Textures are normalised to mean 0 and standard deviation 1.
    """
    numbers = evenly_spaced(len(textures), SAMPLES)
    blurred = [cv2.GaussianBlur(textures[number].astype(np.float32), (0, 0), BLUR) for number in numbers]
    middle = blurred.pop(len(blurred) // 2)
    differences = [_normalise(_register(texture, middle)) - _normalise(middle) for texture in blurred]
    largest = [float(np.abs(cv2.blur(difference, (BLOCK, BLOCK))).max()) for difference in differences]
    return float(np.quantile(largest, QUANTILE)) if largest else 0.0


def _normalise(texture: np.ndarray) -> np.ndarray:
    """Return a texture without its border, with mean 0 and standard deviation 1."""
    inner = texture[BORDER:-BORDER, BORDER:-BORDER]
    return (inner - inner.mean()) / max(float(inner.std()), 1e-6)


def _register(texture: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Return a texture under the affine transform that fits it to the reference; as it is where none is found."""
    start = np.eye(2, 3, dtype=np.float32)
    everywhere = np.ones(reference.shape, np.uint8)
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 30, 1e-4)
    try:
        _, transform = cv2.findTransformECC(reference, texture, start, cv2.MOTION_AFFINE, criteria, everywhere, 1)
    except cv2.error:  # the iteration does not converge: the two have little in common
        return texture
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(texture, transform, reference.shape[::-1], flags=flags, borderMode=cv2.BORDER_REPLICATE)
