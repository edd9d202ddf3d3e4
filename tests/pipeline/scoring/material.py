"""Predictions, subgroups and estimators of labels alone for the tests of scoring."""

from collections.abc import Mapping
from typing import Any

from pipeline.estimators.labels_alone import (
    ConstantMean,
    ConstantMedian,
    FittedLabelEstimators,
    IdentityLookup,
    LabelEstimator,
)
from pipeline.scoring.prediction_tables import Prediction
from pipeline.scoring.subgroups import Subgroup, subgroups_of


def prediction(recording: str, score: float | None, estimate: float, **changes: Any) -> Prediction:
    """Make a prediction; it has a subject of its own unless `changes` name one."""
    values = {
        "subject": f"of-{recording}",
        "seen": False,
        "session": "",
        "task": "",
        "clips": 2,
        "frames": 20,
        "absent": 0,
    }
    return Prediction(recording=recording, score=score, estimate=estimate, **{**values, **changes})


def labels_alone(mean: float, median: float, subject_means: Mapping[str, float]) -> FittedLabelEstimators:
    """Return the estimators of labels alone, fitted to subjects with these means."""
    estimators: dict[str, LabelEstimator] = {
        "constant": ConstantMean(mean),
        "median": ConstantMedian(median),
        "lookup": IdentityLookup(subject_means, mean),
    }
    return FittedLabelEstimators(estimators, frozenset(subject_means))


def subgroups(predictions: list[Prediction], constant: float) -> list[Subgroup]:
    """Return the subgroups of predictions; all estimators of labels alone are one constant, and no subject was met."""
    return subgroups_of(predictions, labels_alone(constant, constant, {}))
