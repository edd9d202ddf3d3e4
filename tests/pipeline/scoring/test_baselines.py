"""Tests of the baselines: means and median of the fitted scores, each recording counted once."""

import pytest

from pipeline.records.labels import Label
from pipeline.scoring.baselines import Baseline, fit_baseline


def _label(recording: str, subject: str, partition: str, bdi: float | None) -> Label:
    return Label(recording, subject, "", "", partition, bdi)


def test_every_recording_with_a_score_counts_once() -> None:
    labels = [
        _label("a1", "a", "training", 10.0),
        _label("a2", "a", "development", 10.0),
        _label("b", "b", "training", 1.0),
        _label("c", "c", "training", None),
    ]
    assert fit_baseline(labels) == Baseline(7.0, 10.0, {"a": 10.0, "b": 1.0})


def test_the_look_up_gives_unseen_subjects_the_constant() -> None:
    labels = [
        _label("a1", "a", "training", 10.0),
        _label("a2", "a", "development", 20.0),
        _label("b", "b", "training", 0.0),
        _label("c", "c", "training", None),
    ]
    baseline = fit_baseline(labels)
    assert {name: baseline.lookup(name) for name in "abcd"} == {"a": 15.0, "b": 0.0, "c": 10.0, "d": 10.0}
    assert baseline.subjects == {"a", "b"}


def test_labels_without_any_score_are_refused() -> None:
    with pytest.raises(ValueError, match="no recording for fitting has a score"):
        fit_baseline([_label("c", "c", "training", None)])


def test_a_label_of_the_test_partition_is_refused() -> None:
    with pytest.raises(ValueError, match="hold recordings of the test partition: t"):
        fit_baseline([_label("a", "a", "training", 1.0), _label("t", "t", "test", 3.0)])
