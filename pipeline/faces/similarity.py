"""Straighten a face: the similarity transform that takes its five landmarks to a template, and warping with it."""

import cv2
import numpy as np
from jaxtyping import Float, UInt8

# Left eye, right eye, nose, left and right mouth corner (x, y) in a picture of 112 x 112 pixels: the template that face
# recognition commonly uses (docs: the corpora's five-point template). Other sizes scale it.
TEMPLATE = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
)
TEMPLATE_SIZE = 112

Transform = Float[np.ndarray, "2 3"]
Picture = UInt8[np.ndarray, "height width 3"]


def similarity(landmarks: Float[np.ndarray, "5 2"], size: int) -> Transform:
    """The rotation, uniform scale and shift that bring landmarks closest to the template, in least squares.

    In the plane the solution is closed (Umeyama 1991, DOI 10.1109/34.88573, with complex numbers for its 2 x 2 case):
    with centred landmarks p and centred template q as complex numbers, the scale and rotation are
    sum(q conj(p)) / sum(|p|^2).

    Args:
        landmarks: five points (x, y) in pixels.
        size: side of the aligned picture in pixels.
    """
    target = TEMPLATE * (size / TEMPLATE_SIZE)
    points = landmarks.astype(np.float64)
    middle, target_middle = points.mean(0), target.mean(0)
    p = (points - middle) @ (1, 1j)
    q = (target - target_middle) @ (1, 1j)
    turn = np.sum(q * p.conj()) / np.sum(np.abs(p) ** 2)
    matrix = np.array([[turn.real, -turn.imag], [turn.imag, turn.real]])
    return np.column_stack([matrix, target_middle - matrix @ middle])


def square_crop(box: Float[np.ndarray, " 4"], size: int, margin: float) -> Transform:
    """The scale and shift that bring a square about a box to the whole picture.

    Args:
        box: (x1, y1, x2, y2) in pixels.
        size: side of the picture in pixels.
        margin: share of the longer side of the box that is added to it.
    """
    side = float(max(box[2] - box[0], box[3] - box[1])) * (1 + margin)
    scale = size / side
    x, y = (box[:2] + box[2:]).astype(np.float64) / 2 - side / 2
    return np.array([[scale, 0.0, -x * scale], [0.0, scale, -y * scale]])


def warp(picture: Picture, transform: Transform, size: int) -> UInt8[np.ndarray, "size size 3"]:
    """Warp a picture; what lies outside of it is black.

    Where the face shrinks to less than half, the part of the picture that is needed is first averaged down by a whole
    factor, so that fine detail does not alias.
    """
    scale = float(np.hypot(transform[0, 0], transform[1, 0]))
    factor = max(int(1 / scale), 1)
    if factor > 1:
        picture, transform = _averaged_down(picture, transform, size, factor)
    return cv2.warpAffine(picture, transform, (size, size), flags=cv2.INTER_LINEAR)


def _averaged_down(picture: np.ndarray, transform: np.ndarray, size: int, factor: int) -> tuple[np.ndarray, np.ndarray]:
    """The needed part of a picture, averaged over squares of `factor` pixels, and the transform from there."""
    inverse = cv2.invertAffineTransform(transform)
    corners = np.array([[0, 0, 1], [size, 0, 1], [0, size, 1], [size, size, 1]]) @ inverse.T
    height, width = picture.shape[:2]
    x0, y0 = np.clip(np.floor(corners.min(0)).astype(int) - factor, 0, (width, height))
    x1, y1 = np.clip(np.ceil(corners.max(0)).astype(int) + factor, 0, (width, height))
    across, down = (x1 - x0) // factor, (y1 - y0) // factor
    if across < 1 or down < 1:
        return picture, transform
    part = picture[y0 : y0 + down * factor, x0 : x0 + across * factor]
    small = cv2.resize(part, (across, down), interpolation=cv2.INTER_AREA)
    # Centre of small pixel (i, j) = picture coordinate factor * i + (factor - 1) / 2 + x0.
    offset = (factor - 1) / 2
    shift = transform[:, :2] @ (x0 + offset, y0 + offset) + transform[:, 2]
    return small, np.column_stack([transform[:, :2] * factor, shift])
