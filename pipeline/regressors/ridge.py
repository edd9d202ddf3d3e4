"""Ridge regression of scores on standardised features, with the penalty chosen by cross-validation over subjects."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, PredefinedSplit
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from pipeline.regressors.subject_folds import cross_validation_folds


@dataclass(frozen=True)
class RidgeRegression:
    """A fitted regression; each feature is standardised by its mean and standard deviation over the fitted recordings.

    A missing value (NaN) counts as the feature's mean, so it moves no estimate. A feature that no fitted recording has,
    or that is the same in all, has weight 0.

    Attributes:
        penalty: the chosen one.
        weights: of each feature, in points per standard deviation.
        steps: the fitted steps of scikit-learn.
    """

    penalty: float
    weights: Float64[np.ndarray, " features"]
    steps: Pipeline

    def predict(self, features: Float[np.ndarray, "n features"]) -> Float64[np.ndarray, " n"]:
        """Estimate scores, in points."""
        estimates: Float64[np.ndarray, " n"] = self.steps.predict(features)
        return estimates


def select_ridge(
    features: Float[np.ndarray, "recordings features"],
    scores: Float64[np.ndarray, " recordings"],
    subjects: Sequence[str],
    penalties: Sequence[float],
    folds: int,
) -> RidgeRegression:
    """Choose the penalty with the smallest error of cross-validation, and fit the regression to all recordings.

    With d features it minimises the sum over recordings of (score - estimate)^2, plus penalty x d x the sum of the
    squared weights; with a large penalty only the mean score is left. No subject is in a fitted and a validated part at
    once. Of equally good penalties the largest is chosen; so it is with a single subject, where nothing is validated.

    Args:
        features: of the fitted recordings; missing values are NaN.
        scores: of the fitted recordings, in points.
        subjects: of the fitted recordings.
        penalties: to choose from.
        folds: of cross-validation, at most.

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
    if fold.max() == 0:
        steps.fit(features, scores)
    else:
        grid, error = {"ridge__alpha": strengths}, "neg_mean_squared_error"
        steps = GridSearchCV(steps, grid, cv=PredefinedSplit(fold), scoring=error).fit(features, scores).best_estimator_
    ridge = steps["ridge"]
    return RidgeRegression(ridge.alpha / features.shape[1], ridge.coef_, steps)
