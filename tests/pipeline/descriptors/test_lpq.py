"""Tests of local phase quantisation against values of an independent implementation, and against its definition."""

import cmath
import math

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from pipeline.descriptors.lpq import decorrelation, lpq_codes

IMAGE = np.random.default_rng(5).uniform(0, 255, (17, 14))


def test_an_impulse_without_decorrelation() -> None:
    image = np.zeros((3, 3))
    image[1, 2] = 1
    # F1 = F3 = exp(2 pi i / 3), F2 = 1, F4 = exp(-2 pi i / 3): above zero are Im F1, Re F2 and Im F3, 2 + 4 + 32.
    assert lpq_codes(image, 3, correlation=None).tolist() == [[38]]


def test_codes_with_decorrelation() -> None:
    image = np.array([5 * k * k % 41 for k in range(25)], np.uint8).reshape(5, 5)
    codes = lpq_codes(image, 3, correlation=0.9)
    assert codes.tolist() == [[127, 159, 223], [221, 93, 125], [38, 180, 237]]


def test_the_variances_of_the_decorrelated_components() -> None:
    _, variances = decorrelation(3, 0.9)
    expected = [1.7231, 1.7231, 0.5503, 0.4431, 0.3909, 0.2915, 0.2915, 0.2284]
    np.testing.assert_allclose(variances, expected, atol=5e-5)


def direct_components(image: np.ndarray, window: int) -> np.ndarray:
    """The components by their definition, (8, rows, columns): sums of pixels times complex exponentials."""
    radius = window // 2
    rows, columns = (side - 2 * radius for side in image.shape)
    components = np.empty((8, rows, columns))
    for number, (fy, fx) in enumerate([(0, 1), (1, 0), (1, 1), (1, -1)]):
        for row in range(rows):
            for column in range(columns):
                total = 0j
                for y in range(-radius, radius + 1):
                    for x in range(-radius, radius + 1):
                        pixel = image[row + radius + y, column + radius + x]
                        total += pixel * cmath.exp(2j * math.pi * (fy * y + fx * x) / window)
                components[2 * number : 2 * number + 2, row, column] = total.real, total.imag
    return components


def direct_decorrelation(window: int, rho: float) -> np.ndarray:
    """The matrix V by its definition, from a singular value decomposition."""
    radius = window // 2
    positions = [(y, x) for y in range(-radius, radius + 1) for x in range(-radius, radius + 1)]
    covariance = [[rho ** math.dist(first, second) for second in positions] for first in positions]
    filters = []
    for fy, fx in [(0, 1), (1, 0), (1, 1), (1, -1)]:
        phases = [-2 * math.pi * (fy * y + fx * x) / window for y, x in positions]
        filters += [[math.cos(phase) for phase in phases], [math.sin(phase) for phase in phases]]
    a = np.diag([1.000007, 1.000006, 1.000005, 1.000004, 1.000003, 1.000002, 1.000001, 1])
    _, _, transposed = np.linalg.svd(a @ np.array(filters) @ np.array(covariance) @ np.array(filters).T @ a)
    return np.array([row if row[np.argmax(np.abs(row))] > 0 else -row for row in transposed]).T


def codes_of(components: np.ndarray) -> np.ndarray:
    return sum(2**bit * (component > 0) for bit, component in enumerate(components))


@pytest.mark.parametrize("window", [3, 5, 7])
def test_codes_are_those_of_the_definition(window: int) -> None:
    components = direct_components(IMAGE, window)
    decorrelated = np.einsum("ij,irc->jrc", direct_decorrelation(window, 0.9), components)
    assert min(np.abs(components).min(), np.abs(decorrelated).min()) > 1e-4  # so that rounding decides no sign
    np.testing.assert_array_equal(lpq_codes(IMAGE, window, correlation=None), codes_of(components))
    np.testing.assert_array_equal(lpq_codes(IMAGE, window, correlation=0.9), codes_of(decorrelated))


@pytest.mark.parametrize("window", [3, 5, 7, 9])
def test_the_decorrelation_is_that_of_the_definition(window: int) -> None:
    vectors, _ = decorrelation(window, 0.9)
    np.testing.assert_allclose(vectors, direct_decorrelation(window, 0.9), atol=1e-7)


def test_the_picture_decides_its_codes_and_nothing_else() -> None:
    batch = np.random.default_rng(1).integers(0, 256, (112, 112, 5)).astype(np.uint8)
    for number in range(5):
        alone = np.ascontiguousarray(batch[..., number]).astype(np.float64)
        np.testing.assert_array_equal(lpq_codes(batch[..., number], 7), lpq_codes(alone, 7))
        part = lpq_codes(alone[20:61, 30:43], 7)
        np.testing.assert_array_equal(lpq_codes(alone, 7)[20:55, 30:37], part)


@pytest.mark.parametrize("correlation", [None, 0.9])
def test_a_flat_window_has_code_zero(correlation: float | None) -> None:
    assert not lpq_codes(np.full((12, 12), 0.299 * 7 + 0.587 * 7), 7, correlation).any()


def test_brightness_and_contrast_change_nothing() -> None:
    np.testing.assert_array_equal(lpq_codes(IMAGE, 7), lpq_codes(0.5 * IMAGE + 40, 7))


def test_a_centred_blur_changes_few_codes() -> None:
    smooth = gaussian_filter(np.random.default_rng(3).normal(size=(112, 112)), 1.5)
    codes, blurred = lpq_codes(smooth, 7, None), lpq_codes(gaussian_filter(smooth, 1), 7, None)
    bits = np.unpackbits((codes ^ blurred)[..., None], axis=-1)
    assert bits.mean() < 0.1  # chance would be 0.5


@pytest.mark.parametrize("window", [-3, 0, 1, 4])
def test_a_window_that_is_even_or_too_small_is_refused(window: int) -> None:
    with pytest.raises(ValueError, match=f"LPQ window {window}; allowed: odd numbers from 3"):
        lpq_codes(IMAGE, window)


def test_a_window_larger_than_the_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="LPQ window 15 in a picture of 17 x 14 pixels; allowed: up to 14"):
        lpq_codes(IMAGE, 15)


@pytest.mark.parametrize("correlation", [0.0, 1.0, -0.5])
def test_a_correlation_out_of_range_is_refused(correlation: float) -> None:
    with pytest.raises(ValueError, match=f"LPQ correlation {correlation}; allowed: above 0 and below 1"):
        lpq_codes(IMAGE, 3, correlation)
