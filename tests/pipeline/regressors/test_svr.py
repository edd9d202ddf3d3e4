"""Tests of support vector regression: against scikit-learn with a callable kernel, and the choice of its constants."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from sklearn.svm import SVR

from pipeline.regressors.svr import (
    SupportVectorRegression,
    cross_validation_folds,
    fit_svr,
    intersection_kernel,
    select_svr,
)

COSTS, EPSILONS = [2.0**-5, 0.5, 8.0, 32.0], [0.1, 1.0, 2.0]


def sklearn_svr(cost: float, epsilon: float) -> Any:
    return SVR(kernel=lambda a, b: np.minimum(a[:, None], b[None]).sum(-1), C=cost, epsilon=epsilon)


def recordings(count: int, seed: int, noise: float = 3) -> tuple[np.ndarray, np.ndarray]:
    """Histograms of 12 bins, and scores that depend on two of them."""
    random = np.random.default_rng(seed)
    features = random.dirichlet(np.ones(12), count)
    return features, 20 + 40 * (features[:, 0] - features[:, 1]) + random.normal(0, noise, count)


def test_kernel_by_hand() -> None:
    a = np.array([[1.0, 2, 3], [0, 5, 1]])
    b = np.array([[2.0, 1, 3], [0, 0, 0], [1, 9, 9], [0, 4, 2]])
    # 1 + 1 + 3, 0, 1 + 2 + 3, 0 + 2 + 2; then 0 + 1 + 1, 0, 0 + 5 + 1, 0 + 4 + 1
    assert intersection_kernel(a, b).tolist() == [[5, 0, 6, 4], [2, 0, 6, 5]]


def test_a_reloaded_regression_estimates_as_scikit_learn(tmp_path: Path) -> None:
    features, scores = recordings(60, seed=0)
    regression = fit_svr(features, scores, cost=8.0, epsilon=2.0)
    save_file(regression.to_arrays(), tmp_path / "svr.safetensors")
    reloaded = SupportVectorRegression.from_arrays(load_file(tmp_path / "svr.safetensors"), "svr.safetensors")
    reference = sklearn_svr(8.0, 2.0).fit(features, scores)
    assert 0 < len(reloaded.coefficients) < 60
    others, _ = recordings(40, seed=1)
    np.testing.assert_allclose(reloaded.predict(others), reference.predict(others), rtol=0, atol=1e-9)
    assert np.ptp(reloaded.predict(others)) > 1


def test_an_estimate_does_not_depend_on_other_rows() -> None:
    features, scores = recordings(60, seed=0)
    regression = fit_svr(features, scores, cost=8.0, epsilon=0.1)
    others, _ = recordings(33, seed=1)
    alone = np.concatenate([regression.predict(row[None]) for row in others])
    np.testing.assert_array_equal(regression.predict(others), alone)
    assert regression.predict(others[:0]).shape == (0,)


def test_equal_scores_give_a_constant(tmp_path: Path) -> None:
    features, _ = recordings(5, seed=0)
    regression = fit_svr(features, np.full(5, 7.0), cost=1.0, epsilon=0.1)
    save_file(regression.to_arrays(), tmp_path / "svr.safetensors")
    reloaded = SupportVectorRegression.from_arrays(load_file(tmp_path / "svr.safetensors"), "svr.safetensors")
    np.testing.assert_allclose(reloaded.predict(recordings(3, seed=1)[0]), 7, rtol=1e-12)


ARRAYS = {"support_vectors": np.ones((3, 2)), "coefficients": np.ones(3), "intercept": np.array(1.0)}


@pytest.mark.parametrize(
    ("changes", "messages"),
    [
        ({"intercept": None, "coefficients": None}, ["coefficients is missing", "intercept is missing"]),
        ({"weights": np.ones(2), "gamma": np.ones(2)}, ["weights is unexpected", "gamma is unexpected"]),
        ({"support_vectors": np.ones(3)}, [r"support_vectors is float64 of shape \(3,\); allowed: float64 with 2"]),
        ({"coefficients": np.ones((3, 1))}, [r"coefficients is float64 of shape \(3, 1\)"]),
        ({"coefficients": np.ones(4)}, [r"coefficients is of shape \(4,\); allowed: one for each of 3"]),
        ({"intercept": np.ones(2)}, [r"intercept is float64 of shape \(2,\)"]),
        ({"coefficients": np.ones(3, np.float32)}, ["coefficients is float32"]),
        ({"support_vectors": np.array([[np.nan, 1], [np.inf, 1], [1, 1]])}, ["support_vectors has 2 values that are"]),
        (
            {"intercept": None, "coefficients": np.full(3, np.nan)},
            ["intercept is missing", "coefficients has 3 values"],
        ),
    ],
)
def test_arrays_that_are_no_regression_are_refused_by_name(
    changes: dict[str, np.ndarray | None], messages: list[str]
) -> None:
    arrays = {name: array for name, array in {**ARRAYS, **changes}.items() if array is not None}
    for message in messages:
        with pytest.raises(ValueError, match=f"^models/svr.safetensors: .*{message}"):
            SupportVectorRegression.from_arrays(arrays, "models/svr.safetensors")


def test_a_regression_refuses_values_that_are_not_finite() -> None:
    with pytest.raises(ValueError, match="intercept has 1 values that are not finite"):
        SupportVectorRegression(np.ones((3, 2)), np.ones(3), np.nan)


def test_another_number_of_features_is_refused() -> None:
    regression = SupportVectorRegression.from_arrays(ARRAYS, "svr.safetensors")
    with pytest.raises(ValueError, match="5 features; the regression was fitted to 2"):
        regression.predict(np.ones((1, 5)))


def brute_force(error: Callable[[Any], float]) -> tuple[float, float, float]:
    """The best pair and its error: the smaller cost, then the larger epsilon, among equals."""
    errors = [(error(sklearn_svr(cost, epsilon)), cost, -epsilon) for cost in COSTS for epsilon in EPSILONS]
    smallest, cost, negative = min(errors)
    return cost, -negative, smallest


@pytest.mark.parametrize(("seed", "noise"), [(0, 0.1), (1, 3), (2, 10)])
def test_validated_recordings_choose_the_constants(seed: int, noise: float) -> None:
    features, scores = recordings(40, seed, noise)
    validated = recordings(30, seed + 100, noise)

    def error(svr: Any) -> float:
        return float(np.sqrt(np.mean((svr.fit(features, scores).predict(validated[0]) - validated[1]) ** 2)))

    cost, epsilon, smallest = brute_force(error)
    selected = select_svr(features, scores, ["one"] * 40, validated, COSTS, EPSILONS, folds=3)
    assert (selected.cost, selected.epsilon) == (cost, epsilon)
    assert selected.rmse == pytest.approx(smallest, abs=1e-9)
    reference = sklearn_svr(cost, epsilon).fit(features, scores)
    np.testing.assert_allclose(selected.regression.predict(validated[0]), reference.predict(validated[0]), atol=1e-9)


@pytest.mark.parametrize("validated", [None, (np.empty((0, 12)), np.empty(0))])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_cross_validation_over_subjects_chooses_the_constants(
    seed: int, validated: tuple[np.ndarray, np.ndarray] | None
) -> None:
    # Four almost equal recordings of each of 12 subjects: a leak of subjects would favour a large cost.
    random = np.random.default_rng(seed + 10)
    features, scores = (np.repeat(array, 4, axis=0) for array in recordings(12, seed, noise=12))
    features = np.abs(features + random.normal(0, 0.001, features.shape))
    subjects = [f"s{number:02}" for number in range(12) for _ in range(4)]
    order = random.permutation(48)
    features, scores, subjects = features[order], scores[order], [subjects[row] for row in order]

    def error(svr: Any) -> float:
        squares = []
        for fold in range(5):
            test = np.array([int(subject[1:]) % 5 == fold for subject in subjects])
            squares.extend((svr.fit(features[~test], scores[~test]).predict(features[test]) - scores[test]) ** 2)
        return float(np.sqrt(np.mean(squares)))

    cost, epsilon, smallest = brute_force(error)
    selected = select_svr(features, scores, subjects, validated, COSTS, EPSILONS, folds=5)
    assert (selected.cost, selected.epsilon) == (cost, epsilon)
    assert selected.rmse == pytest.approx(smallest, abs=1e-9)
    reference = sklearn_svr(cost, epsilon).fit(features, scores)
    np.testing.assert_allclose(selected.regression.predict(features), reference.predict(features), atol=1e-9)


def test_no_subject_is_in_two_folds() -> None:
    subjects = [f"subject {number}" for number in np.random.default_rng(0).integers(0, 17, 100)]
    folds = cross_validation_folds(subjects, 5)
    assert len({(subject, fold) for subject, fold in zip(subjects, folds.tolist(), strict=True)}) == len(set(subjects))
    assert set(folds.tolist()) == set(range(5))


@pytest.mark.parametrize(
    ("subjects", "folds", "expected"),
    [
        (["b", "a", "c", "a", "d"], 3, [1, 0, 2, 0, 0]),
        (["b", "a", "b"], 5, [1, 0, 1]),
        (["10", "9", "9"], 2, [0, 1, 1]),  # sorted as text
        (["a", "a"], 4, [0, 0]),
    ],
)
def test_sorted_subjects_are_dealt_out_to_the_folds(subjects: list[str], folds: int, expected: list[int]) -> None:
    assert cross_validation_folds(subjects, folds).tolist() == expected


def test_of_equal_pairs_the_smaller_cost_then_the_larger_epsilon() -> None:
    features, _ = recordings(6, seed=0)
    selected = select_svr(features, np.full(6, 12.0), list("aabbcc"), None, [4.0, 1.0, 2.0], [0.5, 2.0, 1.0], folds=3)
    assert (selected.cost, selected.epsilon) == (1.0, 2.0)
    assert selected.rmse == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(selected.regression.predict(features), 12, rtol=1e-12)


def test_a_single_subject_validates_nothing_and_gets_the_first_pair() -> None:
    features, scores = recordings(8, seed=0)
    selected = select_svr(features, scores, ["a"] * 8, None, [8.0, 1.0], [1.0, 2.0], folds=5)
    assert (selected.cost, selected.epsilon, selected.rmse) == (8.0, 1.0, None)
    expected = sklearn_svr(8.0, 1.0).fit(features, scores).predict(features)
    np.testing.assert_allclose(selected.regression.predict(features), expected, atol=1e-9)


def test_a_single_recording() -> None:
    selected = select_svr(np.ones((1, 4)), np.array([9.0]), ["a"], None, COSTS, EPSILONS, folds=5)
    np.testing.assert_allclose(selected.regression.predict(np.zeros((2, 4))), 9)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"costs": []}, "0 costs and 3 epsilons to choose from; allowed: at least one each"),
        ({"epsilons": []}, "4 costs and 0 epsilons"),
        ({"folds": 1}, "1 folds of cross-validation; allowed: 2 or more"),
        ({"subjects": ["a"] * 7}, "7 subjects of 8 recordings; allowed: one of each recording"),
        ({"costs": [0.0]}, "'C' parameter .* Got 0.0"),
        ({"epsilons": [-1.0]}, "'epsilon' parameter .* Got -1.0"),
    ],
)
def test_a_choice_that_cannot_be_made_is_refused(changes: dict[str, Any], message: str) -> None:
    features, scores = recordings(8, seed=0)
    settings: dict[str, Any] = {"subjects": list("aabbccdd"), "costs": COSTS, "epsilons": EPSILONS, "folds": 2}
    with pytest.raises(ValueError, match=message):
        select_svr(features, scores, validated=None, **{**settings, **changes})
