"""Tests of histograms over the regions of a code map, against values worked by hand."""

import numpy as np
import pytest

from pipeline.descriptors.histograms import region_histograms


def test_unequal_regions_row_by_row() -> None:
    # 3 rows are cut into 1 and 2, 5 columns into 2 and 3.
    codes = np.array([[0, 1, 2, 2, 2], [0, 0, 1, 2, 0], [1, 0, 1, 1, 2]])
    expected = [1 / 2, 1 / 2, 0, 0, 0, 1, 3 / 4, 1 / 4, 0, 1 / 6, 3 / 6, 2 / 6]
    np.testing.assert_allclose(region_histograms(codes, grid=2, bins=3), expected, rtol=1e-15)


def test_the_sides_of_regions_differ_by_at_most_a_pixel() -> None:
    # The first pixel of each of 106 rows has code 1, so the share of code 1 in a region of the left is 1 / its width.
    codes = np.zeros((106, 106), np.uint8)
    codes[:, 0] = 1
    histograms = region_histograms(codes, grid=4, bins=256).reshape(4, 4, 256)
    np.testing.assert_allclose(histograms.sum(-1), 1, rtol=1e-15)
    assert all(1 / share == pytest.approx(26) for share in histograms[:, 0, 1])
    assert not histograms[:, 1:, 1].any()
    widths = []
    for column in range(106):
        codes = np.zeros((4, 106), np.uint8)
        codes[0, column] = 1
        widths.append(int(region_histograms(codes, grid=4, bins=2).reshape(4, 4, 2)[0, :, 1].argmax()))
    assert np.bincount(widths).tolist() == [26, 27, 26, 27]


def test_one_region_is_the_whole_map() -> None:
    assert region_histograms(np.array([[1, 1], [3, 0]], np.uint8), grid=1, bins=5).tolist() == [0.25, 0.5, 0, 0.25, 0]


@pytest.mark.parametrize("grid", [0, 3])
def test_a_grid_larger_than_the_map_is_refused(grid: int) -> None:
    with pytest.raises(ValueError, match=f"{grid} x {grid} regions over a code map of 2 x 5 pixels; allowed: 1 to 2"):
        region_histograms(np.zeros((2, 5), np.uint8), grid, bins=4)


@pytest.mark.parametrize("code", [-1, 59])
def test_a_code_without_a_bin_is_refused(code: int) -> None:
    codes = np.array([[3, code]])
    with pytest.raises(ValueError, match=f"codes from {min(3, code)} to {max(3, code)} for 59 bins; allowed: 0 to 58"):
        region_histograms(codes, grid=1, bins=59)
