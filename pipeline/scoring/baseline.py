"""What a model is compared with: the constant that knows the fitted scores and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.work.labels import Label


@dataclass(frozen=True)
class Baseline:
    """What the labels for fitting say of videos never looked at.

    Attributes:
        constant: the mean score, in points; every recording counts once, for fitting draws recordings.
        subjects: whose scores are among them, be they fitted or used to choose an epoch.
    """

    constant: float
    subjects: frozenset[str]


def baseline(labels: Sequence[Label]) -> Baseline:
    """Take the baseline from the labels for fitting.

    Raises:
        ValueError: where none of them has a score, or one is of the test partition.
    """
    if tested := [label.recording for label in labels if label.partition == "test"]:
        raise ValueError(f"the labels for fitting hold recordings of the test partition: {', '.join(tested)}")
    scored = [label for label in labels if label.bdi is not None]
    if not scored:
        raise ValueError("no recording for fitting has a score; the constant is the mean of theirs")
    return Baseline(float(np.mean([label.bdi for label in scored])), frozenset(label.subject for label in scored))
