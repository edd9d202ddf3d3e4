"""What a model is compared with: estimates by those who know the fitted scores and never look at a video."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.records.labels import Label


@dataclass(frozen=True)
class Baseline:
    """What the labels for fitting say of videos never looked at.

    Attributes:
        constant: the mean score, in points; every recording counts once, for fitting draws recordings.
        median: the median score, which has the least absolute error of all constants.
        means: the mean score of each subject who is met in fitting, be they fitted or used to choose an epoch.
    """

    constant: float
    median: float
    means: Mapping[str, float]

    @property
    def subjects(self) -> frozenset[str]:
        """Who is met in fitting."""
        return frozenset(self.means)

    def lookup(self, subject: str) -> float:
        """The identity look-up: the subject's mean score in fitting, or the constant where there is none."""
        return self.means.get(subject, self.constant)


def baseline(labels: Sequence[Label]) -> Baseline:
    """Take the baseline from the labels for fitting.

    Raises:
        ValueError: where none of them has a score, or one is of the test partition.
    """
    if tested := [label.recording for label in labels if label.partition == "test"]:
        raise ValueError(f"the labels for fitting hold recordings of the test partition: {', '.join(tested)}")
    scores: dict[str, list[float]] = defaultdict(list)
    for label in labels:
        if label.bdi is not None:
            scores[label.subject].append(label.bdi)
    if not scores:
        raise ValueError("no recording for fitting has a score; the constant is the mean of theirs")
    everything = [score for found in scores.values() for score in found]
    means = {subject: float(np.mean(found)) for subject, found in scores.items()}
    return Baseline(float(np.mean(everything)), float(np.median(everything)), means)
