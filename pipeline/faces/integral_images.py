"""Shrinking parts of frames for the networks: averages over exact integral images.

MTCNN in the form of facenet-pytorch resamples by adaptive average pooling: pixel i of a side of length L averages the
pixels floor(i L / side) to ceil((i + 1) L / side). A sum over a window is four corners of an integral image, so all
windows of a batch are shrunk in one go, without a loop over candidates.
"""

import cv2
import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor
from torch.nn import functional

IntegralImages = Int[Tensor, "batch height1 width1 3"]


def integral_images(frames: UInt8[np.ndarray, "batch height width 3"], device: torch.device) -> IntegralImages:
    """Sums of all pixels above and to the left, as 32-bit integers.

    Whole numbers, so exact; in frames above 8.4 million pixels they wrap around, and differences come out right.
    """
    if device.type != "cpu":
        pixels = torch.from_numpy(frames).to(device).int()
        sums = pixels.cumsum(1, dtype=torch.int32).cumsum(2, dtype=torch.int32)
        return functional.pad(sums, (0, 0, 1, 0, 1, 0))
    count, height, width, channels = frames.shape
    out = np.empty((count, height + 1, width + 1, channels), np.int32)
    for frame, into in zip(frames, out, strict=True):
        cv2.integral(frame, into, sdepth=cv2.CV_32S)
    return torch.from_numpy(out)


def resize_frames(sums: IntegralImages, height: int, width: int) -> Float[Tensor, "batch 3 height width"]:
    """Whole frames, shrunk and normalised."""
    low_y, high_y = _edges(sums.shape[1] - 1, height, sums.device)
    low_x, high_x = _edges(sums.shape[2] - 1, width, sums.device)
    rows = sums.index_select(1, high_y) - sums.index_select(1, low_y)
    total = rows.index_select(2, high_x) - rows.index_select(2, low_x)  # (B, height, width, 3)
    area = (high_y - low_y)[:, None] * (high_x - low_x)
    return normalise_pixels(total / area[..., None])


def resize_windows(
    sums: IntegralImages, frame: Int[Tensor, " n"], windows: Int[Tensor, "n 4"], side: int
) -> Float[Tensor, "n 3 side side"]:
    """Windows of frames, each shrunk (or grown) to a square and normalised.

    Args:
        sums: integral images.
        frame: the number of each window's frame.
        windows: (x from, y from, x to, y to), ends excluded, inside the frame.
        side: of the squares, in pixels.
    """
    steps = torch.arange(side, device=sums.device)
    start, length = windows[:, :2, None], (windows[:, 2:] - windows[:, :2])[:, :, None]
    low = start + (steps * length) // side  # (n, 2, side): x, y
    high = start - (-(steps + 1) * length) // side
    (x0, y0), (x1, y1) = low.unbind(1), high.unbind(1)
    which = frame[:, None, None]

    def corner(y: Tensor, x: Tensor) -> Tensor:
        return sums[which, y[:, :, None], x[:, None, :]]  # (n, side, side, 3)

    total = corner(y1, x1) - corner(y0, x1) - corner(y1, x0) + corner(y0, x0)
    area = (y1 - y0)[:, :, None] * (x1 - x0)[:, None, :]
    return normalise_pixels(total / area[..., None])


def _edges(length: int, side: int, device: torch.device) -> tuple[Tensor, Tensor]:
    steps = torch.arange(side, device=device)
    return steps * length // side, -(-(steps + 1) * length // side)


def normalise_pixels(means: Tensor) -> Tensor:
    """Pixels as the networks know them; channels stay last in memory, where convolutions over few of them are fast."""
    return ((means - 127.5) * 0.0078125).permute(0, 3, 1, 2)
