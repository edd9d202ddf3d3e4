"""Tests of ridge regression: against the normal equations, and the choice of the penalty against a plain loop."""

import numpy as np
import pytest

from pipeline.regressors.ridge import RidgeRegression, select_ridge

PENALTIES = [0.001, 0.1, 10.0, 1e9]


def made(count: int, features: int, slope: float, seed: int) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Features of several scales, scores that depend on the first one, and subjects with two recordings each."""
    random = np.random.default_rng(seed)
    x = random.normal(5, 3, (count, features)) * 10.0 ** np.arange(features)
    scores = 20 + slope * (x[:, 0] - 5) + random.normal(0, 4, count)
    return x, scores, [f"s{number // 2}" for number in range(count)]


def normal_equations(x: np.ndarray, scores: np.ndarray, penalty: float, new: np.ndarray) -> tuple[np.ndarray, ...]:
    """The weights and the estimates by the textbook formula, w = (Z'Z + penalty d I)^-1 Z'(y - mean)."""
    mean, spread = x.mean(0), x.std(0)
    z = (x - mean) / spread
    weights = np.linalg.solve(z.T @ z + penalty * x.shape[1] * np.eye(x.shape[1]), z.T @ (scores - scores.mean()))
    return weights, scores.mean() + (new - mean) / spread @ weights


def test_weights_and_estimates_are_those_of_the_normal_equations() -> None:
    x, scores, subjects = made(30, 3, 2.0, seed=1)
    new = made(5, 3, 2.0, seed=2)[0]
    ridge = select_ridge(x, scores, subjects, [0.7], 3)
    weights, estimates = normal_equations(x, scores, 0.7, new)
    assert ridge.penalty == pytest.approx(0.7)
    assert ridge.weights == pytest.approx(weights)
    assert ridge.predict(new) == pytest.approx(estimates)


@pytest.mark.parametrize(("slope", "seed"), [(2.0, 3), (0.5, 4), (0.0, 5)])
def test_penalty_has_the_smallest_error_over_subjects_that_were_not_fitted(slope: float, seed: int) -> None:
    x, scores, subjects = made(24, 4, slope, seed)
    folds = np.array([sorted(set(subjects)).index(subject) % 4 for subject in subjects])
    errors = {}
    for penalty in PENALTIES:
        parts = [
            np.mean(
                (normal_equations(x[folds != k], scores[folds != k], penalty, x[folds == k])[1] - scores[folds == k])
                ** 2
            )
            for k in range(4)
        ]
        errors[penalty] = np.mean(parts)
    assert select_ridge(x, scores, subjects, PENALTIES, 4).penalty == pytest.approx(min(errors, key=errors.__getitem__))


def test_penalty_has_the_smallest_error_of_the_validated_recordings_and_fits_none_of_them() -> None:
    x, scores, subjects = made(24, 4, 0.5, seed=4)
    new, truth, _ = made(8, 4, -2.0, seed=9)  # where the largest penalty is best, unlike in the fitted ones
    errors = {
        penalty: np.mean((normal_equations(x, scores, penalty, new)[1] - truth) ** 2) for penalty in (*PENALTIES, 3.0)
    }
    ridge = select_ridge(x, scores, subjects, list(errors), 4, (new, truth))
    assert ridge.penalty == pytest.approx(min(errors, key=errors.__getitem__))
    assert ridge.weights == pytest.approx(normal_equations(x, scores, ridge.penalty, new)[0], abs=1e-6)
    assert ridge.intercept == pytest.approx(scores.mean())
    alone = select_ridge(x, scores, subjects, PENALTIES, 4)
    assert alone.penalty != pytest.approx(ridge.penalty)
    none = select_ridge(x, scores, subjects, PENALTIES, 4, (new[:0], truth[:0]))
    assert none.penalty == alone.penalty


def test_arrays_make_the_same_regression() -> None:
    x, scores, subjects = made(24, 4, 0.5, seed=4)
    ridge = select_ridge(x, scores, subjects, PENALTIES, 4)
    again = RidgeRegression.from_arrays(ridge.to_arrays(), "file")
    assert again.predict(x).tolist() == ridge.predict(x).tolist()
    assert again.predict(x[3:4]).tolist() == [ridge.predict(x).tolist()[3]]
    with pytest.raises(ValueError, match=r"^file: ridge regression: a scale of 0; allowed: above 0"):
        RidgeRegression.from_arrays({**ridge.to_arrays(), "scale": ridge.scale * 0}, "file")


def test_subjects_are_not_divided() -> None:
    """The feature names the subject: within subjects it explains all, across subjects nothing."""
    random = np.random.default_rng(6)
    names = np.repeat(np.arange(12), 4)
    x, scores = np.eye(12)[names], random.normal(20, 10, 12)[names]
    assert select_ridge(x, scores, [f"s{name}" for name in names], PENALTIES, 4).penalty == pytest.approx(1e9)


def test_missing_values_count_as_the_mean_and_constant_or_empty_features_as_nothing() -> None:
    x, scores, subjects = made(30, 2, 2.0, seed=7)
    x = np.column_stack([x, np.full(30, np.nan), np.full(30, 3.0)])
    ridge = select_ridge(x, scores, subjects, [0.01], 3)
    assert ridge.weights[2:].tolist() == [0, 0]
    mean = x[:, :2].mean(0)
    known, unknown = [*mean, 8.0, 9.0], [np.nan] * 4
    assert ridge.predict(np.array([known, unknown])) == pytest.approx([scores.mean()] * 2)
    x[:3, 0] = np.nan
    filled = x.copy()
    filled[:3, 0] = x[3:, 0].mean()
    again = select_ridge(filled, scores, subjects, [0.01], 3)
    assert select_ridge(x, scores, subjects, [0.01], 3).weights == pytest.approx(again.weights)


def test_with_a_single_subject_the_mean_is_left() -> None:
    x, scores, _ = made(6, 2, 2.0, seed=8)
    ridge = select_ridge(x, scores, ["a"] * 6, PENALTIES, 5)
    assert ridge.penalty == pytest.approx(1e9)
    assert ridge.predict(x) == pytest.approx([scores.mean()] * 6, abs=1e-4)


def test_no_penalty_is_refused() -> None:
    with pytest.raises(ValueError, match="no penalties to choose from; allowed: at least one"):
        select_ridge(np.ones((2, 1)), np.ones(2), ["a", "b"], [], 2)
