"""Baselines: estimates from the fitted scores alone, without the video."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.records.labels import Label


@dataclass(frozen=True)
class Baseline:
    """Estimates that the labels for fitting give for any video.

    Attributes:
        constant: the mean score, in points; every recording counts once, because fitting draws recordings.
        median: the median score, which has the smallest mean absolute error of all constants.
        subject_means: the mean score of each subject in the labels for fitting, whether the subject is fitted or used
            to choose an epoch.
    """

    constant: float
    median: float
    subject_means: Mapping[str, float]

    @property
    def subjects(self) -> frozenset[str]:
        """The subjects with a score in the labels for fitting."""
        return frozenset(self.subject_means)

    def lookup(self, subject: str) -> float:
        """Return the identity look-up: the subject's mean score in fitting, or the constant for unseen subjects."""
        return self.subject_means.get(subject, self.constant)


def fit_baseline(labels: Sequence[Label]) -> Baseline:
    """Compute the baselines from the labels for fitting.

    Raises:
        ValueError: if none of them has a score, or one is of the test partition.
    """
    if test_recordings := [label.recording for label in labels if label.partition == "test"]:
        raise ValueError(f"the labels for fitting hold recordings of the test partition: {', '.join(test_recordings)}")
    scores_by_subject: dict[str, list[float]] = defaultdict(list)
    for label in labels:
        if label.bdi is not None:
            scores_by_subject[label.subject].append(label.bdi)
    if not scores_by_subject:
        raise ValueError("no recording for fitting has a score; the constant is the mean of these scores")
    all_scores = [score for scores in scores_by_subject.values() for score in scores]
    means = {subject: float(np.mean(scores)) for subject, scores in scores_by_subject.items()}
    return Baseline(float(np.mean(all_scores)), float(np.median(all_scores)), means)
