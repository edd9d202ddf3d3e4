"""Halved windows: means over squares of pixels, with black beyond the borders of the picture."""

import numpy as np
import pytest

from pipeline.faces.halving import cut_out_halved, shows_picture

PICTURE = np.random.default_rng(1).integers(0, 256, (30, 40, 3), dtype=np.uint8)


@pytest.mark.parametrize("times", [0, 1, 2, 3])
@pytest.mark.parametrize("corner", [(4, 2), (-8, 5), (30, 24), (-16, -8)])
def test_pixels_are_means_over_squares(corner: tuple[int, int], times: int) -> None:
    x, y = corner
    halved = cut_out_halved(PICTURE, (x, y, x + 24, y + 16), times)
    in_black = np.pad(PICTURE, ((50, 50), (50, 50), (0, 0)))[y + 50 : y + 66, x + 50 : x + 74].astype(float)
    step = 2**times
    expected = in_black.reshape(16 // step, step, 24 // step, step, 3).mean((1, 3))
    assert np.abs(halved - expected).max() <= 0.5 * times  # each halving rounds


def test_a_window_that_cannot_be_halved_is_refused() -> None:
    with pytest.raises(ValueError, match="a window of 24 x 18 pixels cannot be halved 2 times"):
        cut_out_halved(PICTURE, (0, 0, 24, 18), 2)


def test_windows_beside_the_picture_show_nothing() -> None:
    assert shows_picture(PICTURE, (-5, -5, 1, 1))
    assert not shows_picture(PICTURE, (-5, 0, 0, 10))
    assert not shows_picture(PICTURE, (40, 0, 44, 10))
