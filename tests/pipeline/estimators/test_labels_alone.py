"""Tests of the estimators of labels alone: means and median of the fitted scores, each recording counted once."""

import pytest

from pipeline.estimators.labels_alone import LABEL_ESTIMATORS, FittedLabelEstimators, fit_label_estimators
from pipeline.records.labels import Label


def _label(recording: str, subject: str, partition: str, score: float | None) -> Label:
    return Label(recording, subject, "", "", partition, score)


def _estimates(fitted: FittedLabelEstimators, subjects: str) -> dict[str, list[float]]:
    """Return the estimates for some subjects, by estimator."""
    return {
        name: [estimator.estimate(subject) for subject in subjects] for name, estimator in fitted.estimators.items()
    }


def test_every_recording_with_a_score_counts_once() -> None:
    labels = [
        _label("a1", "a", "training", 10.0),
        _label("a2", "a", "development", 10.0),
        _label("b", "b", "training", 1.0),
        _label("c", "c", "training", None),
    ]
    fitted = fit_label_estimators(labels)
    assert _estimates(fitted, "ab") == {"constant": [7.0, 7.0], "median": [10.0, 10.0], "lookup": [10.0, 1.0]}
    assert fitted.reference == 7.0


def test_the_look_up_gives_unseen_subjects_the_constant() -> None:
    labels = [
        _label("a1", "a", "training", 10.0),
        _label("a2", "a", "development", 20.0),
        _label("b", "b", "training", 0.0),
        _label("c", "c", "training", None),
    ]
    fitted = fit_label_estimators(labels)
    assert _estimates(fitted, "abcd")["lookup"] == [15.0, 0.0, 10.0, 10.0]
    assert fitted.subjects == {"a", "b"}


def test_the_median_of_an_even_number_of_scores_is_between_the_two_in_the_middle() -> None:
    labels = [_label(f"r{number}", "a", "training", score) for number, score in enumerate((40.0, 1.0, 6.0, 3.0))]
    assert _estimates(fit_label_estimators(labels), "ax")["median"] == [4.5, 4.5]


def test_the_constant_and_the_look_up_are_in_metrics_json_and_the_median_is_not() -> None:
    assert {name: kind.is_headline for name, kind in LABEL_ESTIMATORS.items()} == {
        "constant": True,
        "median": False,
        "lookup": True,
    }


def test_labels_without_any_score_are_refused() -> None:
    with pytest.raises(ValueError, match="no recording for fitting has a score"):
        fit_label_estimators([_label("c", "c", "training", None)])


def test_a_label_of_the_test_partition_is_refused() -> None:
    with pytest.raises(ValueError, match="hold recordings of the test partition: t"):
        fit_label_estimators([_label("a", "a", "training", 1.0), _label("t", "t", "test", 3.0)])
