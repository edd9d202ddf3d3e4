"""Ridge regression of scores on standardised features, with the penalty chosen on subjects that are not fitted.

A fitted regression is a set of arrays, so it is saved without code; scikit-learn only fits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from jaxtyping import Float, Float64
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, PredefinedSplit
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from pipeline.regressors.subject_folds import cross_validation_folds

ALWAYS_FITTED = -1  # the fold of rows that scikit-learn never validates


@dataclass(frozen=True)
class RidgeRegression:
    """A fitted regression; each feature is standardised by its mean and standard deviation over the fitted recordings.

    A missing value (NaN) counts as the feature's mean, so it moves no estimate. A feature that no fitted recording has,
    or that is the same in all, has weight 0.

    Attributes:
        penalty: the chosen one.
        mean: of each feature.
        scale: of each feature: its standard deviation; 1 for a feature that is the same in all.
        weights: of each feature, in points per standard deviation.
        intercept: in points: the mean of the fitted scores.
    """

    penalty: float
    mean: Float64[np.ndarray, " features"]
    scale: Float64[np.ndarray, " features"]
    weights: Float64[np.ndarray, " features"]
    intercept: float

    def __post_init__(self) -> None:
        if not (self.scale > 0).all():
            raise ValueError(f"ridge regression: a scale of {self.scale.min():g}; allowed: above 0")

    def predict(self, features: Float[np.ndarray, "n features"]) -> Float64[np.ndarray, " n"]:
        """Estimate scores, in points; an estimate does not depend on the other rows."""
        standardised = np.nan_to_num((features - self.mean) / self.scale, nan=0.0)
        return (standardised * self.weights).sum(axis=1) + self.intercept

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return the arrays from which `from_arrays` makes the same regression."""
        return {name: np.array(value, np.float64) for name, value in asdict(self).items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], source: str) -> "RidgeRegression":
        """Make a regression from the arrays of `to_arrays`; others are ignored.

        Args:
            arrays: by name, of shapes that fit each other.
            source: the file that they come from, for the error.

        Raises:
            ValueError: if a scale is not above 0.
        """
        try:
            return cls(
                float(arrays["penalty"]), arrays["mean"], arrays["scale"], arrays["weights"], float(arrays["intercept"])
            )
        except ValueError as error:
            raise ValueError(f"{source}: {error}") from None


def select_ridge(
    features: Float[np.ndarray, "recordings features"],
    scores: Float64[np.ndarray, " recordings"],
    subjects: Sequence[str],
    penalties: Sequence[float],
    folds: int,
    validated: tuple[Float[np.ndarray, "n features"], Float64[np.ndarray, " n"]] | None = None,
) -> RidgeRegression:
    """Choose the penalty with the smallest error on recordings that are not fitted, and fit all of `features`.

    With d features it minimises the sum over recordings of (score - estimate)^2, plus penalty x d x the sum of the
    squared weights; with a large penalty only the mean score is left. The error is that of the validated recordings.
    If there are none, it is that of cross-validation: no subject is in a fitted and a validated part at once. Of
    equally good penalties the largest is chosen; so it is with a single subject, where nothing is validated.

    Args:
        features: of the fitted recordings; missing values are NaN.
        scores: of the fitted recordings, in points.
        subjects: of the fitted recordings.
        penalties: to choose from.
        folds: of cross-validation, at most.
        validated: features and scores of the validated recordings.

    Raises:
        ValueError: if there is no penalty, or there are fewer than 2 folds.
    """
    strengths = sorted((penalty * features.shape[1] for penalty in penalties), reverse=True)
    if not strengths:
        raise ValueError("no penalties to choose from; allowed: at least one")
    steps = Pipeline(
        [
            ("missing", SimpleImputer(keep_empty_features=True)),
            ("standardised", StandardScaler()),
            ("ridge", Ridge(alpha=strengths[0])),
        ]
    )
    fold = cross_validation_folds(subjects, folds)
    rows, targets = features, scores
    if validated is not None and len(validated[1]):
        rows, targets = np.concatenate([features, validated[0]]), np.concatenate([scores, validated[1]])
        fold = np.repeat([ALWAYS_FITTED, 0], [len(scores), len(validated[1])])
    if len(np.unique(fold)) > 1:
        grid, error = {"ridge__alpha": strengths}, "neg_mean_squared_error"
        search = GridSearchCV(steps, grid, cv=PredefinedSplit(fold), scoring=error, refit=False).fit(rows, targets)
        steps.set_params(**search.best_params_)
    return _regression(steps.fit(features, scores))


def _regression(steps: Pipeline) -> RidgeRegression:
    """Return the arrays of fitted steps."""
    scaler, ridge = steps["standardised"], steps["ridge"]
    penalty = ridge.alpha / len(ridge.coef_)
    return RidgeRegression(penalty, scaler.mean_, scaler.scale_, ridge.coef_, float(ridge.intercept_))
