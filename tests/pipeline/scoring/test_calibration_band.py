"""Tests of the regression of scores on estimates and its band, beside SciPy's line and a jackknife written out."""

import numpy as np
import pytest
from scipy import stats

from pipeline.scoring.calibration_band import calibration_band


@pytest.fixture
def videos() -> tuple[np.ndarray, np.ndarray, list[str]]:
    generator = np.random.default_rng(7)
    subjects = [f"s{n // 2}" for n in range(40)]
    estimate = generator.normal(15, 6, 40)
    return (
        3 + 0.8 * estimate + np.repeat(generator.normal(0, 4, 20), 2) + generator.normal(0, 3, 40),
        estimate,
        subjects,
    )


def test_the_line_is_scipys(videos: tuple[np.ndarray, np.ndarray, list[str]]) -> None:
    truth, estimate, subjects = videos
    expected = stats.linregress(estimate, truth)
    places = np.array([0.0, 12.5, 40.0])
    line, low, high = calibration_band(truth, estimate, subjects, places)
    np.testing.assert_allclose(line, expected.intercept + expected.slope * places)
    assert (low < line).all()
    assert (line < high).all()
    widths = high - low
    assert widths[1] < min(widths[0], widths[2])  # a line is known best in the middle


def test_the_band_has_the_standard_error_of_leaving_out_each_subject(
    videos: tuple[np.ndarray, np.ndarray, list[str]],
) -> None:
    truth, estimate, subjects = videos
    names = np.array(subjects)
    values = []
    for name in sorted(set(subjects)):
        fit = stats.linregress(estimate[names != name], truth[names != name])
        values.append(fit.intercept + 20 * fit.slope)
    standard_error = np.sqrt(19 / 20 * np.sum((np.array(values) - np.mean(values)) ** 2))
    _, low, high = calibration_band(truth, estimate, subjects, np.array([20.0]))
    reach = float(high[0] - low[0]) / 2 / standard_error
    assert stats.t.ppf(0.975, 19) <= reach < stats.t.ppf(0.975, 5)  # Student's t with at most 19 degrees of freedom


def test_two_subjects_with_one_video_each_have_a_line_and_no_band() -> None:
    line, low, high = calibration_band(np.array([1.0, 5]), np.array([2.0, 4]), ["a", "b"], np.array([3.0]))
    assert line.tolist() == [3.0]
    assert np.isnan([*low, *high]).all()
