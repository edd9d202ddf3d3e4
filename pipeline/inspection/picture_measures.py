"""Cheap quality measures of pictures: brightness, sharpness and change, on small grey pictures."""

import cv2
import numpy as np
from jaxtyping import UInt8

from pipeline.video.frame import Grey

SMALL = 64  # pixels, the width of the small grey picture


class PictureMeasures:
    """Brightness, sharpness and change of consecutive frames, measured on small grey pictures, all of one size.

    Limited range (16 to 235) is corrected in the measures, not in the pixels.
    """

    def __init__(self) -> None:
        """Begin a recording."""
        self._size: tuple[int, int] | None = None
        self._previous: np.ndarray | None = None

    def __call__(self, grey: Grey) -> tuple[float, float, float]:
        """Return brightness, sharpness and change of the next frame; see `pipeline.records.frame_table.FrameTable`."""
        if self._size is None:
            height, width = grey.levels.shape
            self._size = SMALL, max(round(SMALL * height / width), 3)
        small = _downscale(grey.levels, *self._size)
        change = 0.0 if self._previous is None else cv2.norm(small, self._previous, cv2.NORM_L1) / small.size
        self._previous = small
        brightness = (cv2.mean(small)[0] - grey.black) * grey.gain
        _, spread = cv2.meanStdDev(cv2.Laplacian(small, cv2.CV_16S))
        return min(max(brightness, 0.0), 255.0), float(spread[0, 0] * grey.gain) ** 2, change * grey.gain


def _downscale(
    grey: UInt8[np.ndarray, "height width"], width: int, height: int
) -> UInt8[np.ndarray, "small_height small_width"]:
    """Downscale a picture: halve it as often as possible, which is fast and uses every pixel, then resize it."""
    while grey.shape[0] >= 2 * height and grey.shape[1] >= 2 * width:
        half_height, half_width = grey.shape[0] // 2, grey.shape[1] // 2
        grey = cv2.resize(
            grey[: 2 * half_height, : 2 * half_width], (half_width, half_height), interpolation=cv2.INTER_AREA
        )
    return cv2.resize(grey, (width, height), interpolation=cv2.INTER_LINEAR)
