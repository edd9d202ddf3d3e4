"""Tests of the limits of agreement: by hand, and their coverage of normal differences."""

import numpy as np
import pytest

from pipeline.statistics.limits import lower_limit, upper_limit


def test_limits_are_mean_and_196_standard_deviations_of_the_differences() -> None:
    truth = np.array([10.0, 20, 30, 40])
    estimate = truth + np.array([1.0, 3, -1, 5])  # mean 2; squared deviations 1 + 1 + 9 + 9 = 20; variance 20 / 3
    reach = 1.96 * np.sqrt(20 / 3)
    assert lower_limit(truth, estimate) == pytest.approx(2 - reach)
    assert upper_limit(truth, estimate) == pytest.approx(2 + reach)


def test_one_video_has_no_limits() -> None:
    assert lower_limit(np.array([3.0]), np.array([4.0])) is None


def test_equal_differences_have_limits_without_width() -> None:
    truth = np.array([1.0, 7, 40])
    assert (lower_limit(truth, truth + 2), upper_limit(truth, truth + 2)) == (2, 2)


def test_the_interval_of_a_limit_is_that_of_bland_and_altman_for_independent_normal_differences() -> None:
    generator = np.random.default_rng(4)
    difference = generator.normal(1, 5, 2000)
    interval = upper_limit.of(np.zeros(2000), difference).interval([str(n) for n in range(2000)])
    assert interval is not None and interval.low is not None and interval.high is not None
    standard_error = 5 * np.sqrt(1 / 2000 + 1.96**2 / (2 * 1999))  # Bland and Altman, 1986, exact form
    assert (interval.high - interval.low) / (2 * 1.96) == pytest.approx(standard_error, rel=0.05)
