"""Squares of pictures: means over cells of any real size, against sums over a much finer picture."""

import numpy as np
import pytest
import torch

from pipeline.tracking.squares import resized_squares

FINE = 16  # a pixel is divided into so many rows and columns, so that corners at sixteenths are exact
CPU = torch.device("cpu")


def _fine_means(picture: np.ndarray, x: float, y: float, length: float, side: int) -> np.ndarray:
    """Average the cells of a square of a picture with black around; its edges and cells are sixteenths of a pixel."""
    margin = 60
    fine = np.pad(picture, ((margin, margin), (margin, margin), (0, 0))).repeat(FINE, 0).repeat(FINE, 1)
    left, top, cell = (round(value * FINE) for value in (x + margin, y + margin, length / side))
    part = fine[top : top + side * cell, left : left + side * cell].astype(float)
    return part.reshape(side, cell, side, cell, 3).mean((1, 3))


@pytest.mark.parametrize(
    ("x", "y", "length"),
    [
        (7.0, 5.0, 12.0),  # whole pixels
        (7.3125, 4.0625, 12 * 1.3125),  # less than twice the side: not halved
        (3.5, 2.25, 12 * 0.4375),  # enlarged
        (-6.5, -3.75, 12 * 1.5),  # beyond a corner
        (30.125, 20.5, 12 * 1.9375),  # beyond the opposite one
        (-12.0, -14.5, 12 * 1.875),
    ],
)
def test_cells_of_any_place_and_size_are_averaged(x: float, y: float, length: float) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (36, 44, 3), dtype=np.uint8)
    squares = resized_squares([picture], torch.tensor([[x, y]]), torch.tensor([length]), 12, CPU)
    np.testing.assert_allclose(squares[0].numpy(), _fine_means(picture, x, y, length, 12), atol=2e-3)


@pytest.mark.parametrize("length", [12 * 2.5, 12 * 4.75, 12 * 9.0])
def test_large_squares_are_halved_first(length: float) -> None:
    """A halved pixel counts as one of even colour, so means differ by a part of the step to the next halved pixel."""
    rows, columns = np.mgrid[:160, :170]
    picture = np.repeat((40 + 0.9 * columns + 0.3 * rows).astype(np.uint8)[..., None], 3, 2)
    squares = resized_squares([picture], torch.tensor([[11.3125, 8.6875]]), torch.tensor([length]), 12, CPU)
    halvings = int(np.log2(length / 12))
    step = (0.9 + 0.3) * 2**halvings  # grey levels from one halved pixel to the next
    difference = squares[0].numpy() - _fine_means(picture, 11.3125, 8.6875, length, 12)
    assert np.abs(difference).max() < 0.15 * step + 0.5 * halvings
    assert abs(difference.mean()) < 0.3 * halvings  # rounding, but no shift


def test_each_square_is_of_its_picture_alone() -> None:
    """Squares that are made together equal those made alone, bit for bit; one outside its picture is black."""
    random = np.random.default_rng(2)
    pictures = [random.integers(0, 256, (90, 120, 3), dtype=np.uint8) for _ in range(9)]
    corners = torch.tensor(random.uniform(-4, 50, (9, 2)), dtype=torch.float32)
    lengths = torch.tensor(random.uniform(5, 85, 9), dtype=torch.float32)
    corners[4] = torch.tensor([500.0, 10.0])
    together = resized_squares(pictures, corners, lengths, 24, CPU)
    for number, picture in enumerate(pictures):
        alone = resized_squares([picture], corners[number][None], lengths[number][None], 24, CPU)
        np.testing.assert_array_equal(alone[0].numpy(), together[number].numpy())
    assert together[4].abs().max() == 0
    assert all(together[number].max() > 0 for number in range(9) if number != 4)
