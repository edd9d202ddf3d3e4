"""Tests of intervals over subjects: formulas of others where they agree, cases without interval, and coverage."""

import numpy as np
import pytest
from scipy import stats

from pipeline.severity.scale import scale_of
from pipeline.statistics.agreement import ccc, pcc, spread, weighted_kappa
from pipeline.statistics.clusters import cluster_sums
from pipeline.statistics.errors import bias, mae, rmse
from pipeline.statistics.interval import Interval, format_interval
from pipeline.statistics.jackknife import jackknife
from pipeline.statistics.scales import IDENTITY, LOG
from pipeline.statistics.statistic import difference, intervals

ZERO = np.zeros(4)


def _names(count: int) -> list[str]:
    return [f"s{number:03}" for number in range(count)]


def test_sums_of_subjects() -> None:
    sums = cluster_sums(np.array([[1.0, 4], [1, 2], [1, 3]]), ["b", "a", "b"])
    assert sums.tolist() == [[1, 2], [2, 7]]


def test_the_mean_of_one_video_each_has_students_interval() -> None:
    # Even errors: their excess kurtosis is below 0, so the degrees of freedom are the usual n - 1.
    errors = np.linspace(-3, 5, 12)
    interval = bias.of(np.zeros(12), errors).interval(_names(12))
    assert interval is not None
    expected = stats.ttest_1samp(errors, 0).confidence_interval()
    assert (interval.value, interval.low, interval.high) == pytest.approx((1.0, expected.low, expected.high))


def test_standard_error_and_degrees_worked_by_hand() -> None:
    # Errors 0 0 0 8 of four subjects, mean 2; without one: 8/3 8/3 8/3 0, their mean 2, deviations 2/3 2/3 2/3 -2.
    # Squares 4/9 4/9 4/9 4 = 16/3, variance 3/4 of it = 4. Fourth powers 3 16/81 + 16 = 448/27; the kurtosis is
    # 4 (448/27) / (16/3)^2 = 7/3, its excess g = -2/3; without bias 3/(2 1) (5 g + 6) = 4. Degrees 2 / (2/3 + 4/4).
    sums = bias.of(ZERO, np.array([0.0, 0, 0, 8])).features
    uncertainty = jackknife(sums, bias.function, IDENTITY)
    assert (uncertainty.estimate, uncertainty.standard_error, uncertainty.degrees) == pytest.approx((2, 2, 6 / 5))
    # Nine errors 0 and one 10: without one 10/9 nine times and 0, deviations 1/9 and -1. Squares 9/81 + 1 = 10/9,
    # fourth powers 9/6561 + 1 = 730/729; kurtosis 10 (730/729) / (100/81) = 73/9, its excess g = 46/9; without bias
    # 9/(8 7) (11 g + 6) = 10. Degrees 2 / (2/9 + 10/10).
    sums = bias.of(np.zeros(10), np.array([0.0] * 9 + [10])).features
    uncertainty = jackknife(sums, bias.function, IDENTITY)
    assert (uncertainty.standard_error, uncertainty.degrees) == pytest.approx((1, 18 / 11))


def test_the_standard_error_of_log_rmse_is_that_of_the_delta_method_for_many_subjects() -> None:
    errors = np.random.default_rng(0).normal(0, 5, 4000)
    uncertainty = jackknife(rmse.of(np.zeros(4000), errors).features, rmse.function, LOG)
    squares = errors**2
    assert uncertainty.standard_error == pytest.approx(squares.std() / squares.mean() / 2 / np.sqrt(4000), rel=0.01)


def test_copies_of_videos_do_not_narrow_an_interval() -> None:
    errors = np.random.default_rng(1).normal(2, 3, 20)
    once = mae.of(np.zeros(20), errors).interval(_names(20))
    thrice = mae.of(np.zeros(60), np.tile(errors, 3)).interval(_names(20) * 3)
    independent = mae.of(np.zeros(60), np.tile(errors, 3)).interval(_names(60))
    assert once is not None and thrice is not None and independent is not None
    assert (thrice.low, thrice.high) == pytest.approx((once.low, once.high))
    assert _length(independent) < 0.7 * _length(once)


def _length(interval: Interval) -> float:
    assert interval.low is not None and interval.high is not None
    return interval.high - interval.low


def test_the_order_of_videos_does_not_matter() -> None:
    generator = np.random.default_rng(2)
    truth, estimate = generator.normal(20, 9, (2, 30))
    subjects = [f"s{number % 11}" for number in range(30)]
    order = generator.permutation(30)
    first = pcc.of(truth, estimate).interval(subjects)
    second = pcc.of(truth[order], estimate[order]).interval([subjects[row] for row in order])
    assert first is not None and second is not None
    assert (first.low, first.high) == pytest.approx((second.low, second.high))


def test_ends_stay_within_the_bounds_of_a_metric() -> None:
    truth = np.array([0.0, 10, 20, 30, 40])
    estimate = truth + np.array([1.0, -1, 2, -9, 0])
    error, r = rmse.of(truth, estimate).interval(_names(5)), pcc.of(truth, estimate).interval(_names(5))
    assert error is not None and error.low is not None and error.low > 0
    assert r is not None and r.low is not None and r.high is not None and -1 < r.low < r.high < 1


def test_videos_that_give_no_interval_say_why() -> None:
    truth = np.array([0.0, 10, 20, 30])
    for subjects in ("aaaa", "aaab"):
        few = mae.of(truth, truth + 1).interval(list(subjects))
        assert few == Interval(1.0, None, None) and few is not None and "fewer than 3 subjects" in few.why
    for perfect in (rmse.of(truth, truth), pcc.of(truth, truth), pcc.of(truth, 0.3 * truth + 0.7)):
        interval = perfect.interval(_names(4))
        assert interval is not None and interval.low is None and "at its bound" in interval.why
    lone = rmse.of(truth, truth + np.array([3.0, 0, 0, 0])).interval(_names(4))  # without the first no error is left
    assert lone is not None and lone.low is None and "without one of the subjects" in lone.why
    assert spread.of(np.full(4, 2.0), truth).interval(_names(4)) is None
    one_band = truth / 10 + 15  # all estimates are mild, and so kappa is 0 whoever is left out
    for alike in (
        weighted_kappa(np.array(scale_of().edges)).of(truth, one_band),
        ccc.of(truth, np.full(4, 9.0)),
        rmse.of(truth, truth + 2),
    ):
        interval = alike.interval(_names(4))
        assert interval is not None and interval.low is None and "no spread can be seen" in interval.why


def test_equal_estimators_differ_by_exactly_nothing() -> None:
    truth, estimate = np.random.default_rng(3).normal(20, 9, (2, 30))
    for metric in (rmse, mae, pcc):
        statistic = metric.of(truth, estimate)
        assert difference(statistic, statistic).interval(_names(30)) == Interval(0.0, 0.0, 0.0)
    shifted = difference(mae.of(truth, truth + 3), mae.of(truth, truth + 1)).interval(_names(30))
    assert shifted is not None
    assert (shifted.value, shifted.low, shifted.high) == pytest.approx((2, 2, 2))


def test_undefined_statistics_are_left_out() -> None:
    truth, estimate = np.random.default_rng(3).normal(20, 9, (2, 30))
    statistics = {"mae": mae.of(truth, estimate), "pcc": pcc.of(np.full(30, 7.0), estimate)}
    assert set(intervals(statistics, _names(30))) == {"mae"}


def test_formatting() -> None:
    assert format_interval(Interval(7.9, 7.0, 8.8)) == "7.90 (7.00 to 8.80)"
    assert format_interval(Interval(7.9, None, None), "no interval") == "7.90 (no interval)"
