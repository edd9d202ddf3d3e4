"""Small standardised faces, and the regions of an aligned face: the whole face, the eyes and the mouth."""

import cv2
import numpy as np
from jaxtyping import Float64, UInt8

from pipeline.descriptors.grey import grey
from pipeline.faces.template import TEMPLATE, TEMPLATE_SIZE

FLAT = 1.0  # grey levels: a face with a smaller standard deviation is divided by this, so that noise stays noise

LANDMARKS = {"eyes": (0, 1), "mouth": (3, 4)}  # of the template, by region: the two that lie at its ends
REGIONS = ("face", *LANDMARKS)


def small_faces(
    faces: UInt8[np.ndarray, "time height width 3"], side: int
) -> Float64[np.ndarray, "time {side} {side}"]:
    """Return small grey pictures of faces, each with mean 0 and standard deviation 1 over its pixels.

    So brightness and contrast, and changes of both, as of an exposure that follows the light, leave no trace. A pixel
    of a small picture is the mean over its area.

    Args:
        faces: RGB.
        side: of the small pictures in pixels, at most that of the faces.
    """
    small = np.stack([cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA) for face in grey(faces)])
    small -= small.mean(axis=(1, 2), keepdims=True)
    return small / np.maximum(small.std(axis=(1, 2), keepdims=True), FLAT)


def regions(side: int) -> dict[str, tuple[slice, slice]]:
    """Return the rows and columns of each region of an aligned face of `side` x `side` pixels.

    The regions eyes and mouth are boxes about two landmarks of the template, wider than these by half their distance on
    all four sides, and rounded to whole pixels. They hold the brows and the lips, and do not overlap.

    Examples:
        >>> regions(28)["eyes"]
        (slice(8, 17, None), slice(5, 23, None))
        >>> regions(28)["mouth"]
        (slice(19, 27, None), slice(7, 21, None))
    """
    boxes = {name: _box(TEMPLATE[list(ends)] * (side / TEMPLATE_SIZE)) for name, ends in LANDMARKS.items()}
    return {"face": (slice(0, side), slice(0, side)), **boxes}


def _box(ends: Float64[np.ndarray, "2 2"]) -> tuple[slice, slice]:
    """Return the rows and columns of the box about two points (x, y)."""
    margin = np.hypot(*(ends[1] - ends[0])) / 2
    (left, top), (right, bottom) = ends.min(axis=0) - margin, ends.max(axis=0) + margin
    return slice(round(top), round(bottom)), slice(round(left), round(right))
