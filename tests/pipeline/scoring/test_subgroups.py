"""Tests of the subgroups and pairs, and of all estimates in them, worked by hand."""

import numpy as np
import pytest

from pipeline.scoring.subgroups import Subgroup, subgroups_of
from tests.pipeline.scoring.material import labels_alone, prediction

LABELS_ALONE = labels_alone(15.0, 12.0, {"a": 30.0})
PREDICTIONS = [
    prediction("a1f", 20.0, 18.0, subject="a", session="1", task="Freeform", seen=True),
    prediction("a1n", 20.0, 24.0, subject="a", session="1", task="Northwind", seen=True),
    prediction("b1f", 4.0, 9.0, subject="b", session="1", task="Freeform"),
    prediction("b1n", 4.0, 1.0, subject="b", session="1", task="Northwind"),
    prediction("b2f", 8.0, 8.0, subject="b", session="2", task="Freeform"),
    prediction("unknown", None, 50.0, subject="c", session="1", task="Other", sex="f", age=20.0),
]


def _by_name(subgroups: list[Subgroup]) -> dict[str, Subgroup]:
    return {subgroup.name: subgroup for subgroup in subgroups}


def test_every_estimator_has_an_estimate_for_each_video() -> None:
    overall = _by_name(subgroups_of(PREDICTIONS, LABELS_ALONE))["all"]
    assert overall.subjects == ("a", "a", "b", "b", "b")
    assert overall.truth.tolist() == [20, 20, 4, 4, 8]
    assert {estimator: values.tolist() for estimator, values in overall.estimates.items()} == {
        "model": [18, 24, 9, 1, 8],
        "constant": [15] * 5,
        "median": [12] * 5,
        "lookup": [30, 30, 15, 15, 15],
    }


def test_subgroups_by_task_and_whether_the_subject_is_seen_in_fitting() -> None:
    subgroups = subgroups_of(PREDICTIONS, LABELS_ALONE)
    assert [subgroup.name for subgroup in subgroups] == [
        "all",
        "seen",
        "unseen",
        "task Freeform",
        "task Northwind",
        "pairs",
    ]
    by_name = _by_name(subgroups)
    assert by_name["seen"].subjects == ("a", "a")
    assert by_name["unseen"].truth.tolist() == [4, 4, 8]
    assert by_name["task Freeform"].estimates["model"].tolist() == [18, 9, 8]


def test_pairs_are_averaged_before_they_are_scored() -> None:
    pairs = _by_name(subgroups_of(PREDICTIONS, LABELS_ALONE))["pairs"]
    assert pairs.subjects == ("a", "b", "b")
    assert pairs.truth.tolist() == [20, 4, 8]
    assert pairs.estimates["model"].tolist() == [21, 5, 8]  # the session with one video is unchanged
    assert pairs.estimates["lookup"].tolist() == [30, 15, 15]


def test_one_task_or_one_video_per_session_is_no_subgroup() -> None:
    predictions = [
        prediction("r1", 3.0, 4.0, task="Freeform"),
        prediction("r2", 5.0, 4.0, task="Freeform", subject="of-r1"),
    ]
    names = [subgroup.name for subgroup in subgroups_of(predictions, LABELS_ALONE)]
    assert names == ["all", "unseen"]  # sessions are unknown: no pairs


def test_subgroups_by_sex_and_age_if_the_corpus_has_them() -> None:
    ages = {"r1": 29.9, "r2": 30.0, "r3": 44.0, "r4": 45.0, "r5": 60.0, "r6": None}
    predictions = [prediction(name, 5.0, 6.0, age=age, sex="f" if name < "r3" else "") for name, age in ages.items()]
    subjects = {subgroup.name: subgroup.subjects for subgroup in subgroups_of(predictions, LABELS_ALONE)[2:]}
    assert subjects == {
        "sex f": ("of-r1", "of-r2"),
        "age under 30": ("of-r1",),
        "age 30 to 44": ("of-r2", "of-r3"),
        "age 45 to 59": ("of-r4",),
        "age 60 and over": ("of-r5",),
    }


def test_without_scores_there_are_no_subgroups() -> None:
    assert subgroups_of([prediction("r1", None, 5.0)], LABELS_ALONE) == []


def test_subgroups_of_unequal_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match=r"all: columns of \[1, 2\] videos"):
        Subgroup("all", ("a",), np.array([1.0, 2.0]), {"model": np.array([1.0, 2.0])})
    with pytest.raises(ValueError, match=r"seen: columns of \[0\] videos"):
        Subgroup("seen", (), np.array([]), {})
