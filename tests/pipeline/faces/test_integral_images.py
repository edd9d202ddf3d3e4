"""Resizing of windows against plain averages of a frame that is copied into black."""

import numpy as np
import pytest
import torch

from pipeline.faces.integral_images import integral_images, resize_windows

WIDTH, HEIGHT, SIDE = 40, 30, 12
RANDOM = np.random.default_rng(3)
FRAMES = RANDOM.integers(0, 256, (2, HEIGHT, WIDTH, 3), dtype=np.uint8)


def _resize_in_black(frame: np.ndarray, window: list[int]) -> np.ndarray:
    """Average the cells of a window of a frame with 100 black pixels around, one after the other."""
    x0, y0, x1, y1 = (corner + 100 for corner in window)
    part = np.pad(frame, ((100, 100), (100, 100), (0, 0)))[y0:y1, x0:x1].astype(float)
    height, width = part.shape[:2]
    rows = [slice(i * height // SIDE, -(-(i + 1) * height // SIDE)) for i in range(SIDE)]
    columns = [slice(j * width // SIDE, -(-(j + 1) * width // SIDE)) for j in range(SIDE)]
    means = np.array([[part[row, column].mean((0, 1)) for column in columns] for row in rows])
    return ((means - 127.5) / 128).transpose(2, 0, 1)


@pytest.mark.parametrize(
    "window",
    [
        [5, 5, 29, 29],
        [-7, 4, 13, 24],
        [8, -11, 28, 9],
        [25, 3, 52, 30],
        [6, 17, 34, 45],
        [-9, -9, 8, 8],
        [30, 22, 47, 39],
        [-15, -20, 55, 50],  # the frame as a whole, with black on every side
        [-4, 6, 3, 13],  # smaller than the square
        [-20, 0, 1, 21],  # one column of the frame
    ],
)
def test_windows_beyond_the_border_are_black_there(window: list[int]) -> None:
    sums = integral_images(FRAMES, torch.device("cpu"))
    resized = resize_windows(sums, torch.tensor([0, 1]), torch.tensor([window, window]), SIDE)
    expected = np.stack([_resize_in_black(frame, window) for frame in FRAMES])
    np.testing.assert_allclose(resized.numpy(), expected, atol=1e-5)
