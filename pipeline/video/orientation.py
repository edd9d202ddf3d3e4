"""Orientation of stored pictures: the display matrix of a stream or frame, as one of the eight symmetries of a square.

A display matrix has nine 32-bit integers (a, b, u, c, d, v, x, y, w). It maps the pixel (x, y) of the stored picture,
x to the right and y downwards, to (a x + c y, b x + d y) of the upright one; a determinant below 0 mirrors. FFmpeg
makes it from the track header of MP4 and MOV, from display orientation messages in H.264 and HEVC, and from the Exif
orientation of JPEG (libavutil/display.h). Pictures are turned without resampling.
"""

import struct
from dataclasses import dataclass
from functools import cache
from math import cos, hypot, radians

import numpy as np
from jaxtyping import Shaped

TOLERANCE = 1.0  # degrees, as in the program ffmpeg: matrices up to this angle from a right-angle turn count as one


@dataclass(frozen=True)
class Orientation:
    """How a stored picture becomes upright: it is turned first, and mirrored then.

    Attributes:
        rotation: degrees counter-clockwise: 0, 90, -180 or -90.
        mirrored: whether left and right are exchanged after the turn.
        exact: whether the display matrix is such a turn; if not, this is the nearest one.
    """

    rotation: int = 0
    mirrored: bool = False
    exact: bool = True

    @property
    def swaps_sides(self) -> bool:
        """Whether the width of the stored picture is the height of the upright one."""
        return self.rotation in (90, -90)

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Return width and height of the upright picture from those of the stored one; and the other way round."""
        return (height, width) if self.swaps_sides else (width, height)

    def apply(self, picture: Shaped[np.ndarray, "height width *channels"]) -> Shaped[np.ndarray, "rows columns *rest"]:
        """Return a view of a stored picture as the upright one."""
        upright = np.rot90(picture, self.rotation // 90)
        return upright[:, ::-1] if self.mirrored else upright


# From (a, b, c, d) of the display matrix to the rotation, counter-clockwise, and whether the picture is mirrored then.
ORIENTATIONS = {
    (1, 0, 0, 1): Orientation(0),
    (0, -1, 1, 0): Orientation(90),
    (-1, 0, 0, -1): Orientation(-180),
    (0, 1, -1, 0): Orientation(-90),
    (-1, 0, 0, 1): Orientation(0, mirrored=True),
    (0, -1, -1, 0): Orientation(90, mirrored=True),
    (1, 0, 0, -1): Orientation(-180, mirrored=True),
    (0, 1, 1, 0): Orientation(-90, mirrored=True),
}
AS_STORED = ORIENTATIONS[1, 0, 0, 1]


@cache
def orientation_of(matrix: bytes) -> Orientation:
    """Return the orientation that a display matrix describes, or the nearest one.

    The columns (a, c) and (b, d) are scaled to length 1, so that a scale in the matrix does not count. The nearest
    orientation has the smallest sum of squared differences in a, b, c and d; the first of `ORIENTATIONS` if several
    have. A matrix with an empty column, which maps all pixels to a line, leaves the picture as it is stored.

    Args:
        matrix: the nine integers in the byte order of the machine, as FFmpeg keeps them.

    Examples:
        >>> turned = struct.pack("=9i", 0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30)
        >>> orientation_of(turned)
        Orientation(rotation=-90, mirrored=False, exact=True)
    """
    a, b, _, c, d, *_ = struct.unpack("=9i", matrix)
    length_x, length_y = hypot(a, c), hypot(b, d)
    if not length_x or not length_y:
        return Orientation(exact=False)
    column = (a / length_x, b / length_y, c / length_x, d / length_y)
    # The squared difference of two such matrices is 4 minus twice this product, which is 2 where they agree.
    products = {key: sum(x * y for x, y in zip(key, column, strict=True)) for key in ORIENTATIONS}
    nearest = max(products, key=products.__getitem__)
    exact = products[nearest] >= 2 * cos(radians(TOLERANCE))
    return Orientation(ORIENTATIONS[nearest].rotation, ORIENTATIONS[nearest].mirrored, exact)
