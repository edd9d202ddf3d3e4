"""The constants and the look-up: means and median of the fitted scores, one for each recording."""

import pytest

from pipeline.records.labels import Label
from pipeline.scoring.baselines import Baseline, baseline


def _label(recording: str, subject: str, partition: str, bdi: float | None) -> Label:
    return Label(recording, subject, "", "", partition, bdi)


def test_every_recording_with_a_score_counts_once() -> None:
    labels = [
        _label("a1", "a", "training", 10.0),
        _label("a2", "a", "development", 10.0),
        _label("b", "b", "training", 1.0),
        _label("c", "c", "training", None),
    ]
    assert baseline(labels) == Baseline(7.0, 10.0, {"a": 10.0, "b": 1.0})


def test_the_look_up_knows_who_was_met_and_gives_others_the_constant() -> None:
    labels = [
        _label("a1", "a", "training", 10.0),
        _label("a2", "a", "development", 20.0),
        _label("b", "b", "training", 0.0),
        _label("c", "c", "training", None),
    ]
    known = baseline(labels)
    assert {name: known.lookup(name) for name in "abcd"} == {"a": 15.0, "b": 0.0, "c": 10.0, "d": 10.0}
    assert known.subjects == {"a", "b"}


def test_no_score_gives_no_constant() -> None:
    with pytest.raises(ValueError, match="no recording for fitting has a score"):
        baseline([_label("c", "c", "training", None)])


def test_a_score_of_the_test_partition_is_refused() -> None:
    with pytest.raises(ValueError, match="hold recordings of the test partition: t"):
        baseline([_label("a", "a", "training", 1.0), _label("t", "t", "test", 3.0)])
