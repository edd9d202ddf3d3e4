"""Support vector regression with the histogram-intersection kernel: fitting, choice of its constants, estimates.

A fitted regression is a set of arrays, so it is saved without code; scikit-learn only fits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64
from sklearn.svm import SVR

from pipeline.regressors.subject_folds import cross_validation_folds

AXES = {"support_vectors": 2, "coefficients": 1, "intercept": 0}  # of each array of a regression


def intersection_kernel(
    a: Float[np.ndarray, "n features"], b: Float[np.ndarray, "m features"]
) -> Float64[np.ndarray, "n m"]:
    """Return the sums over all features of the smaller value of two rows, k(a, b) = sum_d min(a_d, b_d).

    Swain and Ballard, Color indexing, IJCV 7, 1991. It takes as much memory as `b`, and the result.
    """
    kernel = np.empty((len(a), len(b)))
    smaller = np.empty(b.shape)
    for row, sums in zip(a, kernel, strict=True):
        np.minimum(row, b, out=smaller).sum(axis=1, out=sums)
    return kernel


@dataclass(frozen=True)
class SupportVectorRegression:
    """A fitted regression, f(x) = sum_s coefficient_s k(x, support vector_s) + intercept.

    Attributes:
        support_vectors: the fitted recordings' features that the estimates depend on; none if the estimate is constant.
        coefficients: the weight of each support vector.
        intercept: in points.
    """

    support_vectors: Float64[np.ndarray, "vectors features"]
    coefficients: Float64[np.ndarray, " vectors"]
    intercept: float

    def __post_init__(self) -> None:
        if problems := _problems(self.to_arrays()):
            raise ValueError(f"support vector regression: {'; '.join(problems)}")

    def predict(self, features: Float[np.ndarray, "n features"]) -> Float64[np.ndarray, " n"]:
        """Estimate scores; an estimate does not depend on the other rows.

        Raises:
            ValueError: if the regression was fitted to another number of features.
        """
        if features.shape[1] != self.support_vectors.shape[1]:
            raise ValueError(
                f"{features.shape[1]} features; the regression was fitted to {self.support_vectors.shape[1]}"
            )
        return _estimate(intersection_kernel(features, self.support_vectors), self.coefficients, self.intercept)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return the arrays from which `from_arrays` makes the same regression."""
        return {
            "support_vectors": self.support_vectors,
            "coefficients": self.coefficients,
            "intercept": np.array(self.intercept, np.float64),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], source: str) -> "SupportVectorRegression":
        """Make a regression from the arrays of `to_arrays`.

        Args:
            arrays: by name.
            source: the file that they come from, for the error.

        Raises:
            ValueError: if an array is missing, unexpected, of another shape or type, or not finite.
        """
        if problems := _problems(arrays):
            raise ValueError(f"{source}: not a support vector regression: {'; '.join(problems)}")
        return cls(arrays["support_vectors"], arrays["coefficients"], float(arrays["intercept"]))


@dataclass(frozen=True)
class SelectedSvr:
    """The regression of the best constants.

    Attributes:
        cost: C, the weight of errors against flatness.
        epsilon: errors up to it cost nothing, in points.
        rmse: of the validated recordings, in points; None if none could be validated.
        regression: fitted to all fitted recordings.
    """

    cost: float
    epsilon: float
    rmse: float | None
    regression: SupportVectorRegression


Features = Float64[np.ndarray, "recordings features"]
Scores = Float64[np.ndarray, " recordings"]


def fit_svr(features: Features, scores: Scores, cost: float, epsilon: float) -> SupportVectorRegression:
    """Fit epsilon support vector regression with the histogram-intersection kernel.

    Raises:
        ValueError: if the cost is not above 0, or epsilon is negative.
    """
    return _regression(features, _fit(intersection_kernel(features, features), scores, cost, epsilon))


def select_svr(
    features: Features,
    scores: Scores,
    subjects: Sequence[str],
    validated: tuple[Float64[np.ndarray, "n features"], Float64[np.ndarray, " n"]] | None,
    costs: Sequence[float],
    epsilons: Sequence[float],
    folds: int,
) -> SelectedSvr:
    """Choose the cost and the epsilon with the smallest RMSE, and fit the regression to all recordings of `features`.

    The RMSE is that of the validated recordings. If there are none, the fitted recordings are validated by
    cross-validation, each by a regression without any recording of its subject. Of equally good pairs the smaller cost
    is chosen, then the larger epsilon. With a single subject nothing can be validated, and the first pair is taken.

    Args:
        features: of the fitted recordings.
        scores: of the fitted recordings.
        subjects: of the fitted recordings.
        validated: features and scores of the validated recordings.
        costs: C to choose from.
        epsilons: to choose from, in points.
        folds: of cross-validation, at most.

    Raises:
        ValueError: if there is no pair to choose from, a subject is missing or too many, there are fewer than 2 folds,
            a cost is not above 0, or an epsilon is negative.
    """
    if not costs or not epsilons:
        raise ValueError(f"{len(costs)} costs and {len(epsilons)} epsilons to choose from; allowed: at least one each")
    if len(subjects) != len(scores):
        raise ValueError(f"{len(subjects)} subjects of {len(scores)} recordings; allowed: one of each recording")
    kernel = intersection_kernel(features, features)
    everything = np.arange(len(scores))
    if validated is not None and len(validated[1]):
        validations = [_Validation(everything, intersection_kernel(validated[0], features), validated[1])]
    else:
        fold = cross_validation_folds(subjects, folds)
        held_out = [fold == number for number in range(fold.max() + 1) if (fold != number).any()]
        validations = [_Validation(everything[~mask], kernel[mask][:, ~mask], scores[mask]) for mask in held_out]

    truth = np.concatenate([np.empty(0), *(validation.scores for validation in validations)])
    errors = {}
    for cost in costs:
        for epsilon in epsilons:
            estimates = [np.empty(0)]
            for validation in validations:
                rows = validation.fitted
                fit = _fit(kernel[np.ix_(rows, rows)], scores[rows], cost, epsilon)
                estimates.append(_estimate(validation.kernel[:, fit.support], fit.coefficients, fit.intercept))
            if len(truth):
                errors[cost, epsilon] = float(np.sqrt(np.mean((np.concatenate(estimates) - truth) ** 2)))
    cost, epsilon = min(errors, key=lambda pair: (errors[pair], pair[0], -pair[1]), default=(costs[0], epsilons[0]))
    regression = _regression(features, _fit(kernel, scores, cost, epsilon))
    return SelectedSvr(cost, epsilon, errors.get((cost, epsilon)), regression)


@dataclass(frozen=True)
class _Validation:
    """Recordings to estimate: rows that are fitted, kernel of each recording to these rows, true scores."""

    fitted: np.ndarray
    kernel: np.ndarray
    scores: np.ndarray


@dataclass(frozen=True)
class _Fit:
    """Rows of the support vectors among the fitted ones, their coefficients, and the intercept."""

    support: np.ndarray
    coefficients: np.ndarray
    intercept: float


def _fit(kernel: np.ndarray, scores: np.ndarray, cost: float, epsilon: float) -> _Fit:
    svr = SVR(kernel="precomputed", C=cost, epsilon=epsilon).fit(kernel, scores)
    return _Fit(svr.support_, svr.dual_coef_[0], float(svr.intercept_[0]))


def _regression(features: np.ndarray, fit: _Fit) -> SupportVectorRegression:
    return SupportVectorRegression(np.ascontiguousarray(features[fit.support]), fit.coefficients, fit.intercept)


def _estimate(kernel: np.ndarray, coefficients: np.ndarray, intercept: float) -> np.ndarray:
    """Estimate the scores of rows from their kernel with the support vectors, added up in one order for every row."""
    return np.ascontiguousarray(kernel * coefficients).sum(axis=1) + intercept


def _problems(arrays: Mapping[str, np.ndarray]) -> list[str]:
    """Return what keeps arrays from being a regression, one phrase for each array."""
    problems = [f"{name} is missing" for name in AXES if name not in arrays]
    problems += [
        f"{name} is unexpected; allowed: {', '.join(AXES)}" for name in sorted(arrays.keys()) if name not in AXES
    ]
    for name, axes in AXES.items():
        if name not in arrays:
            continue
        array = arrays[name]
        if array.dtype != np.float64 or array.ndim != axes:
            problems.append(f"{name} is {array.dtype} of shape {array.shape}; allowed: float64 with {axes} axes")
        elif not np.isfinite(array).all():
            problems.append(f"{name} has {np.sum(~np.isfinite(array))} values that are not finite")
    if not problems and len(arrays["support_vectors"]) != len(arrays["coefficients"]):
        problems.append(
            f"coefficients is of shape {arrays['coefficients'].shape}; "
            f"allowed: one for each of {len(arrays['support_vectors'])} support vectors"
        )
    return problems
