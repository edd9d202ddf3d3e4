"""Histograms of the codes of texture descriptors, over the regions of a face."""

import numpy as np
from jaxtyping import Float64, Integer


def region_histograms(
    codes: Integer[np.ndarray, "rows columns"], grid: int, bins: int
) -> Float64[np.ndarray, " {grid}*{grid}*{bins}"]:
    """Return the histograms of grid x grid regions of a code map, one after the other, row by row.

    The sides of two regions differ by at most one pixel: region i of a side of length L begins at pixel floor(i L /
    grid). Each histogram is divided by its sum, so that it adds up to 1.

        5 rows, grid 2    0 1 | 2 3 4

    Args:
        codes: the code of each pixel, from 0 to bins - 1.
        grid: number of regions along each side.
        bins: number of codes.

    Raises:
        ValueError: if the map has fewer pixels than regions along a side, or a code without a bin.
    """
    height, width = codes.shape
    if not 1 <= grid <= min(height, width):
        raise ValueError(
            f"a grid of {grid} x {grid} regions over a code map of {height} x {width} pixels; "
            f"allowed: 1 to {min(height, width)}"
        )
    if codes.min() < 0 or codes.max() >= bins:
        raise ValueError(f"codes from {codes.min()} to {codes.max()} for {bins} bins; allowed: 0 to {bins - 1}")
    tops, lefts = ([number * side // grid for number in range(grid + 1)] for side in (height, width))
    histograms = np.empty((grid, grid, bins))
    for row in range(grid):
        for column in range(grid):
            region = codes[tops[row] : tops[row + 1], lefts[column] : lefts[column + 1]]
            histograms[row, column] = np.bincount(region.ravel(), minlength=bins) / region.size
    return histograms.ravel()
