"""Face alignment: the similarity transform that maps five landmarks to a template, and warping with it."""

from collections.abc import Sequence
from functools import cache
from math import ceil, floor

import cv2
import numpy as np
from jaxtyping import Complex, Float, UInt8

from pipeline.faces.halving import Picture, cut_out_halved
from pipeline.faces.template import TEMPLATE, TEMPLATE_SIZE

Transform = Float[np.ndarray, "2 3"]


def similarity(landmarks: Float[np.ndarray, "5 2"], size: int) -> Transform:
    """Return the rotation, uniform scale and shift that map landmarks to the template with the least squared error.

    In two dimensions the solution has a closed form (Umeyama 1991, DOI 10.1109/34.88573, here with complex numbers for
    the 2 x 2 case): for centred landmarks p and the centred template q, both as complex numbers, scale and rotation
    are sum(q conj(p)) / sum(|p|^2).

    Args:
        landmarks: five points (x, y) in pixels.
        size: side of the aligned face in pixels.
    """
    target, target_centre = _template(size)
    points = landmarks.astype(np.float64) @ (1, 1j)
    centre = points.mean()
    points -= centre
    rotation = np.vdot(points, target) / np.vdot(points, points).real  # and scale
    shift = target_centre - rotation * centre
    return np.array([[rotation.real, -rotation.imag, shift.real], [rotation.imag, rotation.real, shift.imag]])


@cache
def _template(size: int) -> tuple[Complex[np.ndarray, " 5"], complex]:
    """Return the template for a size as complex numbers about their centre, and the centre."""
    points = TEMPLATE @ (1, 1j) * (size / TEMPLATE_SIZE)
    return points - points.mean(), complex(points.mean())


def square_crop(box: Float[np.ndarray, " 4"], size: int, margin: float) -> Transform:
    """Return the scale and shift that map a square about a box to the whole face crop.

    Args:
        box: (x1, y1, x2, y2) in pixels.
        size: side of the face crop in pixels.
        margin: added to the longer side of the box, as a share of it.
    """
    side = float(max(box[2] - box[0], box[3] - box[1])) * (1 + margin)
    scale = size / side
    x, y = (box[:2] + box[2:]).astype(np.float64) / 2 - side / 2
    return np.array([[scale, 0.0, -x * scale], [0.0, scale, -y * scale]])


def warp(picture: Picture, transform: Transform, size: int) -> UInt8[np.ndarray, "size size 3"]:
    """Warp a picture to `size` x `size` pixels; pixels from outside the picture are black.

    If the transform shrinks to half or less, the part of the picture that is needed is halved first, as often as it
    stays as large as the result. So the step from one sample to the next is below two pixels.
    """
    scale = float(np.hypot(transform[0, 0], transform[1, 0]))
    largest = max(picture.shape[:2]).bit_length()  # halvings, after which any picture is one pixel
    halvings = min(max(int(-np.log2(scale)), 0), largest)
    if halvings:
        picture, transform = _halve(picture, transform, size, halvings)
    return cv2.warpAffine(picture, transform, (size, size), flags=cv2.INTER_LINEAR)


def _halve(
    picture: Picture, transform: Transform, size: int, halvings: int
) -> tuple[UInt8[np.ndarray, "rows columns 3"], Transform]:
    """Halve the part of a picture that is needed.

    Returns:
        The halved part, and the transform that maps it to the face crop; the arguments if it needs no pixel.
    """
    step, (height, width) = 2**halvings, picture.shape[:2]
    (x0, x1), (y0, y1) = (
        _pixels_needed(row, size, step, limit)
        for row, limit in zip(cv2.invertAffineTransform(transform).tolist(), (width, height), strict=True)
    )
    if x1 <= x0 or y1 <= y0:
        return picture, transform
    x1, y1 = x1 + (x0 - x1) % step, y1 + (y0 - y1) % step
    small = cut_out_halved(picture, (x0, y0, x1, y1), halvings)
    # The centre of pixel (i, j) of `small` is at picture coordinate step * i + (step - 1) / 2 + x0 (and y0 for j).
    offset = (step - 1) / 2
    shift = transform[:, :2] @ (x0 + offset, y0 + offset) + transform[:, 2]
    return small, np.column_stack([transform[:, :2] * step, shift])


def _pixels_needed(row: Sequence[float], size: int, margin: int, limit: int) -> tuple[int, int]:
    """Return where the pixels that a crop needs begin and end along one axis of a picture.

    Args:
        row: of the transform from the crop to the picture; plain numbers, because this runs for every face.
        size: side of the crop.
        margin: pixels to add at both ends.
        limit: length of the axis.
    """
    by_column, by_row, start = row
    low = floor(start + size * (min(by_column, 0) + min(by_row, 0))) - margin
    high = ceil(start + size * (max(by_column, 0) + max(by_row, 0))) + margin
    return min(max(low, 0), limit), min(max(high, 0), limit)
