"""Integral images: exact average pooling of frames and of windows of frames, as input of MTCNN's networks.

MTCNN as implemented in facenet-pytorch resamples by adaptive average pooling: pixel i of a side of length L averages
the pixels floor(i L / side) to ceil((i + 1) L / side). The sum over a window is the difference of four corners of an
integral image, so all windows of a batch are resized at once, without a loop over candidates.
"""

import cv2
import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor
from torch.nn import functional

IntegralImages = Int[Tensor, "batch height1 width1 3"]


def integral_images(frames: UInt8[np.ndarray, "batch height width 3"], device: torch.device) -> IntegralImages:
    """Compute, for every corner of a pixel, the sum of all pixels above and to the left of it, as 32-bit integers.

    Integers make the sums exact. In frames above 8.4 million pixels they wrap around, but differences of them are
    still right.
    """
    if device.type != "cpu":
        pixels = torch.from_numpy(frames).to(device).int()
        sums = pixels.cumsum(1, dtype=torch.int32).cumsum(2, dtype=torch.int32)
        return functional.pad(sums, (0, 0, 1, 0, 1, 0))
    count, height, width, channels = frames.shape
    sums_array = np.empty((count, height + 1, width + 1, channels), np.int32)
    for frame, frame_sums in zip(frames, sums_array, strict=True):
        cv2.integral(frame, frame_sums, sdepth=cv2.CV_32S)
    return torch.from_numpy(sums_array)


def resize_frames(sums: IntegralImages, height: int, width: int) -> Float[Tensor, "batch 3 height width"]:
    """Resize whole frames and normalise them."""
    low_y, high_y = _pooling_edges(sums.shape[1] - 1, height, sums.device)
    low_x, high_x = _pooling_edges(sums.shape[2] - 1, width, sums.device)
    rows = sums.index_select(1, high_y) - sums.index_select(1, low_y)
    total = rows.index_select(2, high_x) - rows.index_select(2, low_x)  # (B, height, width, 3)
    area = (high_y - low_y)[:, None] * (high_x - low_x)
    return normalise_pixels(total / area[..., None])


def resize_windows(
    sums: IntegralImages, frame: Int[Tensor, " n"], windows: Int[Tensor, "n 4"], side: int
) -> Float[Tensor, "n 3 side side"]:
    """Resize windows of frames, smaller or larger, to squares and normalise them; beyond its borders a frame is black.

    Black adds nothing to a sum: the corners of a pooling cell are moved into the frame, and its area stays that of the
    whole cell.

    Args:
        sums: integral images.
        frame: index of the frame of each window.
        windows: (x from, y from, x to, y to), ends excluded; they may reach beyond the frame.
        side: of the squares, in pixels.
    """
    steps = torch.arange(side, device=sums.device)
    start, length = windows[:, :2, None], (windows[:, 2:] - windows[:, :2])[:, :, None]
    low = start + (steps * length) // side  # (n, 2, side): x, y
    high = start - (-(steps + 1) * length) // side
    (x0, y0), (x1, y1) = low.unbind(1), high.unbind(1)
    area = (y1 - y0)[:, :, None] * (x1 - x0)[:, None, :]
    (y0, y1), (x0, x1) = (
        (low.clamp(0, limit), high.clamp(0, limit))
        for low, high, limit in ((y0, y1, sums.shape[1] - 1), (x0, x1, sums.shape[2] - 1))
    )
    rows = frame[:, None] * sums.shape[1] + torch.cat([y0, y1], 1)
    corners = rows[:, :, None] * sums.shape[2] + torch.cat([x0, x1], 1)[:, None, :]
    sums_at = sums.view(-1, 3).index_select(0, corners.view(-1)).view(-1, 2, side, 2, side, 3)
    total = sums_at[:, 1, :, 1] - sums_at[:, 0, :, 1] - sums_at[:, 1, :, 0] + sums_at[:, 0, :, 0]
    return normalise_pixels(total / area[..., None])


def _pooling_edges(length: int, side: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Return where the window of each output pixel begins and ends, when `length` pixels are resized to `side`."""
    steps = torch.arange(side, device=device)
    return steps * length // side, -(-(steps + 1) * length // side)


def normalise_pixels(means: Tensor) -> Tensor:
    """Normalise pixels (batch, height, width, channel) as in the training of MTCNN; channels become the second axis.

    Channels stay last in memory, where convolutions over few channels are fast.
    """
    return ((means - 127.5) * 0.0078125).permute(0, 3, 1, 2)
