"""Tests of metrics as functions of sums: calibration and bias by hand and against SciPy, digits, resampled subjects."""

import numpy as np
import pytest
from scipy.stats import linregress, pearsonr

from pipeline.statistics.agreement import ccc, pcc, spread, weighted_kappa
from pipeline.statistics.calibration import calibration_intercept, calibration_slope
from pipeline.statistics.clusters import cluster_sums, leave_one_out
from pipeline.statistics.errors import bias, mae, rmse
from pipeline.statistics.statistic import Metric, difference, mean

TRUTH, ESTIMATE = np.array([0.0, 10, 20, 30]), np.array([2.0, 8, 25, 29])
KAPPA = weighted_kappa(np.array([13.5, 19.5, 28.5]))
ALL = [rmse, mae, bias, pcc, ccc, spread, KAPPA, calibration_slope, calibration_intercept]


def _material(seed: int, count: int = 40) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    truth = generator.integers(0, 64, count).astype(float)
    return truth, 0.6 * truth + generator.normal(8, 6, count)


def test_calibration_and_bias_worked_by_hand() -> None:
    # From the means 15 and 16: products 490, squares of the estimates 510; errors 2, -2, 5, -1.
    assert calibration_slope(TRUTH, ESTIMATE) == pytest.approx(490 / 510)
    assert calibration_intercept(TRUTH, ESTIMATE) == pytest.approx(15 - 16 * 490 / 510)
    assert bias(TRUTH, ESTIMATE) == 1.0


@pytest.mark.parametrize("seed", range(3))
def test_calibration_is_the_line_of_scores_on_estimates(seed: int) -> None:
    truth, estimate = _material(seed)
    line = linregress(estimate, truth)
    assert calibration_slope(truth, estimate) == pytest.approx(line.slope)
    assert calibration_intercept(truth, estimate) == pytest.approx(line.intercept)


def test_a_calibrated_estimate_is_shrunk_by_r() -> None:
    truth = np.array([10.0, 20, 30, 40, 12, 18, 32, 38])
    group = np.array([0, 0, 1, 1, 0, 0, 1, 1])
    estimate = np.array([truth[group == number].mean() for number in group])  # what is known on average
    assert calibration_slope(truth, estimate) == pytest.approx(1)
    assert calibration_intercept(truth, estimate) == pytest.approx(0)
    assert spread(truth, estimate) == pytest.approx(pcc(truth, estimate))


def test_large_numbers_lose_no_digits() -> None:
    truth, estimate = _material(0)
    for metric in (pcc, spread, calibration_slope):
        assert metric(truth + 1e7, estimate + 1e7) == pytest.approx(metric(truth, estimate), rel=1e-7)
    assert pcc(truth * 1e-7 + 50, estimate) == pytest.approx(pearsonr(truth, estimate).statistic, rel=1e-5)


def test_what_does_not_vary_is_found_in_parts_of_the_videos() -> None:
    truth, estimate = np.array([0.1, 0.1, 0.1, 5]), np.array([3.0, 4, 5, 6])
    sums = pcc.of(truth, estimate).features
    assert np.isnan(pcc.function(leave_one_out(sums))).tolist() == [False, False, False, True]


@pytest.mark.parametrize("metric", ALL)
def test_a_metric_of_sums_is_the_metric_of_the_videos(metric: Metric) -> None:
    truth, estimate = _material(7)
    subjects = [f"s{number % 9}" for number in range(40)]
    statistic = metric.of(truth, estimate)
    sums = cluster_sums(statistic.features, subjects)
    generator = np.random.default_rng(1)
    without = np.asarray(metric.function(leave_one_out(sums)))
    for number in range(9):
        rows = [row for row in range(40) if subjects[row] != f"s{number}"]
        assert without[number] == pytest.approx(metric(truth[rows], estimate[rows]))
    counts = generator.multinomial(9, np.full(9, 1 / 9), size=5)  # subjects drawn with replacement
    for drawn, value in zip(counts, np.asarray(metric.function(counts @ sums)), strict=True):
        rows = [row for row in range(40) for _ in range(drawn[int(subjects[row][1:])])]
        assert value == pytest.approx(metric(truth[rows], estimate[rows]))


def test_differences_are_paired_and_means_are_over_trainings() -> None:
    truth, first = _material(2)
    second = first + np.random.default_rng(3).normal(0, 3, 40)
    a, b = rmse.of(truth, first), rmse.of(truth, second)
    assert a.value is not None and b.value is not None
    assert difference(b, a).value == pytest.approx(b.value - a.value)
    assert mean([a, b]).value == pytest.approx((a.value + b.value) / 2)
    undefined = pcc.of(truth, np.full(40, 3.0))
    assert difference(pcc.of(truth, first), undefined).value is None


def test_metrics_of_no_videos_are_none() -> None:
    empty = np.array([])
    assert [metric(empty, empty) for metric in ALL] == [None] * len(ALL)
