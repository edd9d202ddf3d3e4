"""Tests of the metrics against values worked by hand, and against scikit-learn and SciPy."""

import math

import numpy as np
import pytest
from scipy.stats import pearsonr
from sklearn.metrics import cohen_kappa_score, mean_absolute_error, mean_squared_error, root_mean_squared_error

from pipeline.scoring.metrics import ERRORS, metrics_of
from pipeline.severity.scale import scale_of
from pipeline.statistics.agreement import ccc, pcc, spread
from pipeline.statistics.errors import mae, rmse

METRICS = metrics_of(scale_of("bdi-ii"))
kappa = METRICS["kappa"]
TRUTH, ESTIMATE = np.array([0.0, 10, 20, 30]), np.array([2.0, 8, 25, 29])


def test_errors_worked_by_hand() -> None:
    # errors -2, 2, -5, 1: squares 4 + 4 + 25 + 1 = 34, absolute 10
    assert rmse(TRUTH, ESTIMATE) == pytest.approx(math.sqrt(34 / 4))
    assert mae(TRUTH, ESTIMATE) == 2.5


def test_correlations_worked_by_hand() -> None:
    # from their means 15 and 16: (-15 -5 5 15) and (-14 -8 9 13); products 210 + 40 + 45 + 195 = 490,
    # squares 500 and 196 + 64 + 81 + 169 = 510
    assert pcc(TRUTH, ESTIMATE) == pytest.approx(490 / math.sqrt(500 * 510))
    assert ccc(TRUTH, ESTIMATE) == pytest.approx(2 * 490 / 4 / (500 / 4 + 510 / 4 + 1))


def test_weighted_kappa_worked_by_hand() -> None:
    # Bands 0 0 1 2 3 against 0 1 1 2 0: squared distances 0 1 0 0 9, together 10. By chance, the margins 2 1 1 1 of the
    # truth and 2 2 1 0 of the estimates, over 5 videos: 2 (0 + 2 + 4) + (2 + 0 + 1) + (8 + 2 + 0) + (18 + 8 + 1) = 52.
    truth, estimate = np.array([0.0, 13, 14, 20, 29]), np.array([13.4, 13.5, 19.4, 28.4, -5])
    assert kappa(truth, estimate) == pytest.approx(1 - 10 / (52 / 5))


def test_the_two_worst_errors_are_counted() -> None:
    truth = np.array([29.0, 40, 40, 28, 0, 13, 14, 5])
    estimate = np.array([13.4, 2, 13.6, 0, 28.5, 28.4, 40, 60])
    assert METRICS["severe called minimal"](truth, estimate) == 2
    assert METRICS["minimal called severe"](truth, estimate) == 2


def test_the_spread_of_estimates_worked_by_hand() -> None:
    assert spread(np.array([0.0, 10, 20]), np.array([14.0, 15, 16])) == pytest.approx(0.1)
    assert spread(TRUTH, np.full(4, 15.0)) == 0
    assert spread(np.full(4, 15.0), TRUTH) is None


@pytest.mark.parametrize("seed", range(5))
def test_weighted_kappa_agrees_with_scikit_learn(seed: int) -> None:
    generator = np.random.default_rng(seed)
    truth = generator.integers(0, 64, 60).astype(float)
    estimate = 0.6 * truth + generator.normal(8, 9, 60)
    bands = [[sum(score >= edge for edge in (13.5, 19.5, 28.5)) for score in scores] for scores in (truth, estimate)]
    expected = cohen_kappa_score(*bands, labels=[0, 1, 2, 3], weights="quadratic")
    assert kappa(truth, estimate) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(5))
def test_metrics_agree_with_scikit_learn_and_scipy(seed: int) -> None:
    generator = np.random.default_rng(seed)
    truth = generator.integers(0, 64, 50).astype(float)
    estimate = 0.6 * truth + generator.normal(8, 6, 50)
    assert rmse(truth, estimate) == pytest.approx(root_mean_squared_error(truth, estimate))
    assert mae(truth, estimate) == pytest.approx(mean_absolute_error(truth, estimate))
    assert pcc(truth, estimate) == pytest.approx(pearsonr(truth, estimate).statistic)
    # The other form of Lin's coefficient: 1 minus the error over the error expected without any correlation.
    chance = np.var(truth) + np.var(estimate) + (truth.mean() - estimate.mean()) ** 2
    assert ccc(truth, estimate) == pytest.approx(1 - mean_squared_error(truth, estimate) / chance)


def test_perfect_estimates() -> None:
    assert {name: metric(TRUTH, TRUTH) for name, metric in METRICS.items()} == pytest.approx(
        {
            **{"rmse": 0, "mae": 0, "pcc": 1, "ccc": 1, "kappa": 1, "spread": 1},
            **{"bias": 0, "calibration slope": 1, "calibration intercept": 0},
            **{"lower limit of agreement": 0, "upper limit of agreement": 0},
            **{"severe called minimal": 0, "minimal called severe": 0},
        }
    )


def test_a_constant_has_errors_but_no_correlation() -> None:
    constant = np.full(4, 0.1)
    assert pcc(TRUTH, constant) is None
    assert pcc(constant, TRUTH) is None
    assert ccc(TRUTH, constant) == 0
    assert ccc(constant, constant) is None
    assert mae(TRUTH, constant) == pytest.approx((0.1 + 9.9 + 19.9 + 29.9) / 4)


def test_metrics_undefined_by_too_few_videos_are_none() -> None:
    empty, single = np.array([]), np.array([7.0])
    assert [metric(empty, empty) for metric in METRICS.values()] == [None] * 13
    defined = {name: value for name, metric in METRICS.items() if (value := metric(single, single + 3)) is not None}
    worst = {"severe called minimal": 0, "minimal called severe": 0}
    assert defined == {"rmse": 3, "mae": 3, "bias": 3, **worst}


def test_the_names_of_metrics_and_errors() -> None:
    worst = ["severe called minimal", "minimal called severe"]
    calibration = ["bias", "calibration slope", "calibration intercept"]
    limits = ["lower limit of agreement", "upper limit of agreement"]
    assert list(METRICS) == ["rmse", "mae", "pcc", "ccc", "kappa", "spread", *calibration, *limits, *worst]
    assert list(ERRORS) == ["rmse", "mae"]


def test_metrics_of_bands_follow_the_scale() -> None:
    """PHQ-9 has five bands, from 0, 5, 10, 15 and 20 on."""
    metrics = metrics_of(scale_of("phq-9"))
    assert list(metrics)[-2:] == ["severe called minimal", "minimal called severe"]
    truth, estimate = np.array([20.0, 27, 3, 12]), np.array([4.4, 19, 19.5, 12])
    assert (metrics["severe called minimal"](truth, estimate), metrics["minimal called severe"](truth, estimate)) == (
        1,
        1,
    )
    # Bands 4 4 0 2 against 0 3 4 2: squared distances 16 1 16 0; by chance 4 (16 + 1 + 0 + 4) ... over all 16 pairs
    chance = np.mean([(t - e) ** 2 for t in (4, 4, 0, 2) for e in (0, 3, 4, 2)])
    assert metrics["kappa"](truth, estimate) == pytest.approx(1 - 33 / 4 / chance)
    assert "severe called normal" in metrics_of(scale_of("madrs"))
