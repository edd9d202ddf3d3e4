"""Sizes of pictures: what is allowed, how large an upright picture becomes, and its place on the canvas.

All pictures of a recording share one canvas, because boxes and landmarks have one coordinate system.
"""

import math
from functools import cache

import av
import numpy as np
from jaxtyping import UInt8

from pipeline.video.errors import BrokenVideoError

Size = tuple[int, int]  # width and height in pixels

MIN_SIDE = 8  # pixels of a stored picture. Damaged headers may hold any size
MAX_PIXELS = 36_000_000  # likewise; 8192 x 4320 is 35 million
MAX_BYTES = 54_000_000  # of a stored picture in memory: 8192 x 4320 with 8 bits. A decoder keeps up to 17 of them
MAX_ASPECT = 4.0  # of a stored pixel, in either direction; half the width of a PAL picture of 16:9 is 2.9
MAX_UPRIGHT = 2_304_000  # pixels of an upright picture, as many as 1920 x 1200 has. Larger ones are scaled down


def check_stored_size(width: int, height: int) -> None:
    """Raise BrokenVideoError if stored pictures of this size are not allowed."""
    if min(width, height) < MIN_SIDE or width * height > MAX_PIXELS:
        raise BrokenVideoError(
            f"pictures of {width} x {height} pixels; allowed: sides from {MIN_SIDE}, "
            f"and up to {MAX_PIXELS // 10**6} million pixels"
        )


def check_aspect(aspect: float) -> None:
    """Raise BrokenVideoError if no camera stores pixels of this width divided by height."""
    if not 1 / MAX_ASPECT <= aspect <= MAX_ASPECT:
        raise BrokenVideoError(
            f"according to its header each pixel is {aspect:g} times as wide as high; "
            f"allowed: {1 / MAX_ASPECT:g} to {MAX_ASPECT:g}"
        )


@cache
def check_stored_bytes(width: int, height: int, pixel_format: str) -> None:
    """Raise BrokenVideoError if a stored picture takes too much memory; `pixel_format` is FFmpeg's name of it."""
    size = width * height * av.VideoFormat(pixel_format).padded_bits_per_pixel // 8
    if size > MAX_BYTES:
        raise BrokenVideoError(
            f"pictures of {width} x {height} pixels in {pixel_format} take {size / 1e6:.0f} MB each in memory; "
            f"allowed: up to {MAX_BYTES / 1e6:.0f} MB"
        )


@cache
def square_pixel_size(width: int, height: int, aspect: float) -> tuple[Size, float]:
    """Return the size of a picture after its pixels became square, and the factor by which it was scaled down.

    Pixels are stretched along their shorter side, so that no detail is lost. A picture of more than `MAX_UPRIGHT`
    pixels is scaled down to that number; the factor of others is 1.

    Raises:
        BrokenVideoError: if a side is shorter than allowed then.

    Examples:
        >>> square_pixel_size(720, 576, 16 / 11)
        ((1047, 576), 1.0)
        >>> square_pixel_size(3840, 2160, 1.0)
        ((2024, 1138), 0.527)
    """
    full = width * max(aspect, 1.0), height * max(1 / aspect, 1.0)
    pixels = round(full[0]) * round(full[1])
    factor = 1.0 if pixels <= MAX_UPRIGHT else math.sqrt(MAX_UPRIGHT / pixels)
    size = round(full[0] * factor), round(full[1] * factor)
    if min(size) < MIN_SIDE:
        raise BrokenVideoError(
            f"pictures of {width} x {height} pixels, {size[0]} x {size[1]} after scaling; "
            f"allowed: sides from {MIN_SIDE}"
        )
    return size, round(factor, 4)


def fitted_size(size: Size, canvas: Size) -> Size:
    """Return the largest size with the proportions of `size` that the canvas holds.

    Examples:
        >>> fitted_size((360, 640), (640, 360))
        (202, 360)
    """
    factor = min(canvas[0] / size[0], canvas[1] / size[1])
    return max(round(size[0] * factor), 1), max(round(size[1] * factor), 1)


def centred(picture: UInt8[np.ndarray, "height width 3"], canvas: Size) -> UInt8[np.ndarray, "rows columns 3"]:
    """Return a picture in the middle of a black canvas that is at least as large."""
    height, width = picture.shape[:2]
    if (width, height) == canvas:
        return picture
    left, top = (canvas[0] - width) // 2, (canvas[1] - height) // 2
    black = np.zeros((canvas[1], canvas[0], 3), np.uint8)
    black[top : top + height, left : left + width] = picture
    return black
