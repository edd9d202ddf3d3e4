"""Estimators of labels alone: they estimate without a video, and every other estimator is compared with them.

Each fits on the labels that the model is fitted to, and estimates from the subject's name at most. `LABEL_ESTIMATORS`
lists them; the first is the *reference*, a constant: it stands in for the estimate of a recording that has none, and
figures draw it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np

from pipeline.records.labels import Label


@runtime_checkable
class LabelEstimator(Protocol):
    """Estimates the score of a recording from the labels for fitting.

    Attributes:
        is_headline: whether its errors are in metrics.json; those of all are in intervals.csv.
    """

    is_headline: ClassVar[bool]

    @classmethod
    def fit(cls, scores_by_subject: Mapping[str, Sequence[float]]) -> "LabelEstimator":
        """Learn from the scores of each subject; there is at least one score."""

    def estimate(self, subject: str) -> float:
        """Estimate the score of a recording of this subject, in points."""


@dataclass(frozen=True)
class ConstantMean:
    """The mean of all scores; every recording counts once, because fitting draws recordings.

    Attributes:
        mean: in points.
    """

    is_headline: ClassVar[bool] = True
    mean: float

    @classmethod
    def fit(cls, scores_by_subject: Mapping[str, Sequence[float]]) -> "ConstantMean":
        """Compute the mean."""
        return cls(float(np.mean(_all_scores(scores_by_subject))))

    def estimate(self, subject: str) -> float:
        """Return the mean."""
        return self.mean


@dataclass(frozen=True)
class ConstantMedian:
    """The median of all scores, which has the smallest mean absolute error of all constants.

    Attributes:
        median: in points.
    """

    is_headline: ClassVar[bool] = False
    median: float

    @classmethod
    def fit(cls, scores_by_subject: Mapping[str, Sequence[float]]) -> "ConstantMedian":
        """Compute the median."""
        return cls(float(np.median(_all_scores(scores_by_subject))))

    def estimate(self, subject: str) -> float:
        """Return the median."""
        return self.median


@dataclass(frozen=True)
class IdentityLookup:
    """The mean score of the subject; of a subject that was not met in fitting, the mean of all scores.

    Attributes:
        subject_means: in points, by subject.
        mean: of all scores, in points.
    """

    is_headline: ClassVar[bool] = True
    subject_means: Mapping[str, float]
    mean: float

    @classmethod
    def fit(cls, scores_by_subject: Mapping[str, Sequence[float]]) -> "IdentityLookup":
        """Compute the means."""
        means = {subject: float(np.mean(scores)) for subject, scores in scores_by_subject.items()}
        return cls(means, float(np.mean(_all_scores(scores_by_subject))))

    def estimate(self, subject: str) -> float:
        """Return the mean of the subject, or of all."""
        return self.subject_means.get(subject, self.mean)


LABEL_ESTIMATORS: dict[str, type[LabelEstimator]] = {
    "constant": ConstantMean,
    "median": ConstantMedian,
    "lookup": IdentityLookup,
}

REFERENCE = next(iter(LABEL_ESTIMATORS))


@dataclass(frozen=True)
class FittedLabelEstimators:
    """All estimators of labels alone, fitted to the labels for fitting.

    Attributes:
        estimators: by name.
        subjects: those with a score in the labels for fitting, whether they are fitted or validated: who is not among
            them is a new person.
    """

    estimators: Mapping[str, LabelEstimator]
    subjects: frozenset[str]

    @property
    def reference(self) -> float:
        """The estimate of the reference, which is the same for all subjects."""
        return self.estimators[REFERENCE].estimate("")


def fit_label_estimators(fitted: Sequence[Label], validated: Sequence[Label] = ()) -> FittedLabelEstimators:
    """Fit the estimators of labels alone to the labels that the model is fitted to.

    Args:
        fitted: labels of the recordings that the model is fitted to.
        validated: labels of the recordings that chose its epoch. They only tell who was met: the model has not learned
            their scores, and estimators that had would not be comparable with it.

    Raises:
        ValueError: if none of `fitted` has a score, or a label is of the test partition.
    """
    labels = [*fitted, *validated]
    if test_recordings := [label.recording for label in labels if label.partition == "test"]:
        raise ValueError(f"the labels for fitting hold recordings of the test partition: {', '.join(test_recordings)}")
    scores_by_subject: dict[str, list[float]] = defaultdict(list)
    for label in fitted:
        if label.score is not None:
            scores_by_subject[label.subject].append(label.score)
    if not scores_by_subject:
        raise ValueError("no recording for fitting has a score; the constant is the mean of these scores")
    estimators = {name: kind.fit(scores_by_subject) for name, kind in LABEL_ESTIMATORS.items()}
    return FittedLabelEstimators(estimators, frozenset(label.subject for label in labels if label.score is not None))


def _all_scores(scores_by_subject: Mapping[str, Sequence[float]]) -> list[float]:
    return [score for scores in scores_by_subject.values() for score in scores]
