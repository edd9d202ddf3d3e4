"""Face alignment: the similarity transform that maps five landmarks to a template, and warping with it."""

import cv2
import numpy as np
from jaxtyping import Float, UInt8

# Left eye, right eye, nose, left and right mouth corner (x, y) in a picture of 112 x 112 pixels: the template commonly
# used in face recognition (docs: the corpora's five-point template). For other sizes it is scaled.
TEMPLATE = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
)
TEMPLATE_SIZE = 112

Transform = Float[np.ndarray, "2 3"]
Picture = UInt8[np.ndarray, "height width 3"]


def similarity(landmarks: Float[np.ndarray, "5 2"], size: int) -> Transform:
    """Return the rotation, uniform scale and shift that map landmarks to the template with the least squared error.

    In two dimensions the solution has a closed form (Umeyama 1991, DOI 10.1109/34.88573, here with complex numbers for
    the 2 x 2 case): for centred landmarks p and the centred template q, both as complex numbers, scale and rotation
    are sum(q conj(p)) / sum(|p|^2).

    Args:
        landmarks: five points (x, y) in pixels.
        size: side of the aligned face in pixels.
    """
    target = TEMPLATE * (size / TEMPLATE_SIZE)
    points = landmarks.astype(np.float64)
    centre, target_centre = points.mean(0), target.mean(0)
    p = (points - centre) @ (1, 1j)
    q = (target - target_centre) @ (1, 1j)
    rotation = np.sum(q * p.conj()) / np.sum(np.abs(p) ** 2)  # and scale
    matrix = np.array([[rotation.real, -rotation.imag], [rotation.imag, rotation.real]])
    return np.column_stack([matrix, target_centre - matrix @ centre])


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

    If the transform shrinks to half or less, the part of the picture that is needed is first downsampled by a whole
    factor with area averaging, so that fine detail does not alias.
    """
    scale = float(np.hypot(transform[0, 0], transform[1, 0]))
    factor = max(int(1 / scale), 1)
    if factor > 1:
        picture, transform = _downsample(picture, transform, size, factor)
    return cv2.warpAffine(picture, transform, (size, size), flags=cv2.INTER_LINEAR)


def _downsample(picture: np.ndarray, transform: np.ndarray, size: int, factor: int) -> tuple[np.ndarray, np.ndarray]:
    """Average the part of a picture that is needed over squares of `factor` x `factor` pixels.

    Returns:
        The downsampled part, and the transform that maps it to the face crop.
    """
    inverse = cv2.invertAffineTransform(transform)
    corners = np.array([[0, 0, 1], [size, 0, 1], [0, size, 1], [size, size, 1]]) @ inverse.T
    height, width = picture.shape[:2]
    x0, y0 = np.clip(np.floor(corners.min(0)).astype(int) - factor, 0, (width, height))
    x1, y1 = np.clip(np.ceil(corners.max(0)).astype(int) + factor, 0, (width, height))
    columns, rows = (x1 - x0) // factor, (y1 - y0) // factor
    if columns < 1 or rows < 1:
        return picture, transform
    part = picture[y0 : y0 + rows * factor, x0 : x0 + columns * factor]
    small = cv2.resize(part, (columns, rows), interpolation=cv2.INTER_AREA)
    # The centre of pixel (i, j) of `small` is at picture coordinate factor * i + (factor - 1) / 2 + x0 (and y0 for j).
    offset = (factor - 1) / 2
    shift = transform[:, :2] @ (x0 + offset, y0 + offset) + transform[:, 2]
    return small, np.column_stack([transform[:, :2] * factor, shift])
