"""Tests of the limits of agreement: by hand, and their coverage of normal differences."""

import numpy as np
import pytest

from pipeline.statistics.limits import lower_limit, upper_limit
from pipeline.statistics.statistic import Metric


def test_limits_are_mean_and_196_standard_deviations_of_the_differences() -> None:
    truth = np.array([10.0, 20, 30, 40])
    estimate = truth + np.array([1.0, 3, -1, 5])  # mean 2; squared deviations 1 + 1 + 9 + 9 = 20; variance 20 / 3
    reach = 1.96 * np.sqrt(20 / 3)
    assert lower_limit(truth, estimate) == pytest.approx(2 - reach)
    assert upper_limit(truth, estimate) == pytest.approx(2 + reach)


def test_one_video_has_no_limits() -> None:
    assert lower_limit(np.array([3.0]), np.array([4.0])) is None


def test_equal_differences_have_limits_without_width_and_no_interval() -> None:
    truth = np.array([1.0, 7, 40])
    assert (lower_limit(truth, truth + 2), upper_limit(truth, truth + 2)) == (2, 2)
    for odd in (np.zeros(3), np.array([5.0, 0, 0])):  # without the first, all are the same
        interval = upper_limit.of(truth, truth + odd).interval(["a", "b", "c"])
        assert interval is not None and interval.low is None and "are the same" in interval.why


def test_an_interval_by_hand() -> None:
    # Differences 1 2 6 of three subjects, mean 3 and s = sqrt(7). Without one: means 4 3.5 1.5, s = |d - d'| / sqrt(2).
    # The mean has t(2) 4.3027 x s / sqrt(3). Of log s the values without one are log 4, log 5, log 1 less log sqrt(2);
    # deviations 0.3877 0.6109 -0.9986, SE sqrt(2 / 3 x 1.5207) = 1.0069. Mean and s without one correlate at 0.8846.
    of_mean = 4.3027 * np.sqrt(7 / 3)
    deviation = 1.96 * np.sqrt(7)
    of_high, of_low = deviation * (np.exp(4.3027 * 1.0069) - 1), deviation * (1 - np.exp(-4.3027 * 1.0069))
    r = np.corrcoef([4, 3.5, 1.5], [4, 5, 1])[0, 1]
    upper = upper_limit.of(np.zeros(3), np.array([1.0, 2, 6])).interval(["a", "b", "c"])
    lower = lower_limit.of(np.zeros(3), np.array([1.0, 2, 6])).interval(["a", "b", "c"])
    assert upper is not None and upper.high is not None and upper.low is not None
    assert lower is not None and lower.high is not None and lower.low is not None

    def reach(one: float, other: float, r: float) -> float:
        return float(np.sqrt(one**2 + other**2 + 2 * r * one * other))

    assert upper.high - upper.value == pytest.approx(reach(of_mean, of_high, r), rel=1e-3)
    assert upper.value - upper.low == pytest.approx(reach(of_mean, of_low, r), rel=1e-3)
    assert lower.high - lower.value == pytest.approx(reach(of_mean, of_low, -r), rel=1e-3)
    assert lower.value - lower.low == pytest.approx(reach(of_mean, of_high, -r), rel=1e-3)


def test_intervals_of_limits_contain_them_for_few_subjects_with_skewed_alike_differences() -> None:
    # Differences are a subject's exponential variable plus the video's: mean 2, variance 2.
    generator, subjects = np.random.default_rng(5), [str(n // 2) for n in range(30)]
    limits = {upper_limit: 2 + 1.96 * np.sqrt(2), lower_limit: 2 - 1.96 * np.sqrt(2)}
    contained: dict[Metric, list[bool]] = {metric: [] for metric in limits}
    for _ in range(600):
        difference = np.repeat(generator.exponential(size=15), 2) + generator.exponential(size=30)
        for metric, limit in limits.items():
            interval = metric.of(np.zeros(30), difference).interval(subjects)
            assert interval is not None and interval.low is not None and interval.high is not None
            contained[metric].append(interval.low <= limit <= interval.high)
    assert min(np.mean(values) for values in contained.values()) >= 0.90  # Student's t on the limit itself: 0.888


def test_the_interval_of_a_limit_is_that_of_bland_and_altman_for_independent_normal_differences() -> None:
    generator = np.random.default_rng(4)
    difference = generator.normal(1, 5, 2000)
    interval = upper_limit.of(np.zeros(2000), difference).interval([str(n) for n in range(2000)])
    assert interval is not None and interval.low is not None and interval.high is not None
    standard_error = 5 * np.sqrt(1 / 2000 + 1.96**2 / (2 * 1999))  # Bland and Altman, 1986, exact form
    assert (interval.high - interval.low) / (2 * 1.96) == pytest.approx(standard_error, rel=0.05)
