"""Small faces against plain means, and regions against the template by hand."""

import numpy as np
import pytest

from pipeline.descriptors.face_regions import regions, small_faces


def _faces(low: int = 0, high: int = 256) -> np.ndarray:
    return np.random.default_rng(1).integers(low, high, (3, 32, 32, 3), dtype=np.uint8)


def test_a_pixel_is_the_mean_over_its_area_in_standard_deviations_of_the_picture() -> None:
    faces = _faces()
    luma = faces.astype(float) @ (0.299, 0.587, 0.114)
    for small, picture in zip(small_faces(faces, 8), luma, strict=True):
        means = np.array([[picture[4 * i : 4 * i + 4, 4 * j : 4 * j + 4].mean() for j in range(8)] for i in range(8)])
        assert small == pytest.approx((means - means.mean()) / means.std(), abs=1e-9)


def test_areas_that_cut_pixels_count_them_by_their_share() -> None:
    """Columns rise by one grey level; 12 of 32 take 2 2/3 each, the first one columns 0, 1 and two thirds of 2."""
    ramp = np.tile(np.arange(32, dtype=np.uint8)[:, None], (1, 32, 1, 3))
    row = small_faces(ramp, 12)[0, 0]
    first, second = (0 + 1 + 2 * 2 / 3) / (8 / 3), (2 / 3 + 3 + 4 + 5 / 3) / (8 / 3)
    assert (row[-1] - row[0]) / (row[1] - row[0]) == pytest.approx((31 - 2 * first) / (second - first))


def test_brightness_and_contrast_change_nothing() -> None:
    faces = _faces(0, 100)
    expected = small_faces(faces, 8)
    assert small_faces(faces + 50, 8) == pytest.approx(expected, abs=1e-9)
    assert small_faces(2 * faces + 10, 8) == pytest.approx(expected, abs=1e-9)


def test_a_flat_face_is_zero_and_noise_below_a_grey_level_stays_small() -> None:
    flat = np.full((1, 32, 32, 3), 90, np.uint8)
    assert small_faces(flat, 8).tolist() == np.zeros((1, 8, 8)).tolist()
    flat[0, 0, 0] = 92  # one small pixel of 16 is brighter by 2 / 16
    assert np.ptp(small_faces(flat, 8)) == pytest.approx(2 / 16)


def test_regions_of_a_whole_face() -> None:
    """Eyes: 35.24 apart, so 17.62 about 38.3..73.5 and 51.5..51.7; mouth: 29.18 apart, 14.59 about its corners."""
    assert regions(112) == {
        "face": (slice(0, 112), slice(0, 112)),
        "eyes": (slice(34, 69), slice(21, 91)),
        "mouth": (slice(78, 107), slice(27, 85)),
    }


@pytest.mark.parametrize("side", [8, 16, 28, 32, 111])
def test_regions_of_small_faces_have_pixels_and_do_not_overlap(side: int) -> None:
    eyes, mouth = regions(side)["eyes"], regions(side)["mouth"]
    for part in (*eyes, *mouth):
        assert 0 <= part.start < part.stop <= side
    assert eyes[0].stop <= mouth[0].start
