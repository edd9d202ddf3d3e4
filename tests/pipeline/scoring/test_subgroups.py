"""What figures are of: parts, pairs and those who estimate without looking, by hand."""

import numpy as np
import pytest

from pipeline.scoring.baselines import Baseline
from pipeline.scoring.subgroups import Subgroup, subgroups_of
from tests.pipeline.scoring.material import prediction

KNOWN = Baseline(15.0, 12.0, {"a": 30.0})
TASKS = [
    prediction("a1f", 20.0, 18.0, subject="a", session="1", task="Freeform", seen=True),
    prediction("a1n", 20.0, 24.0, subject="a", session="1", task="Northwind", seen=True),
    prediction("b1f", 4.0, 9.0, subject="b", session="1", task="Freeform"),
    prediction("b1n", 4.0, 1.0, subject="b", session="1", task="Northwind"),
    prediction("b2f", 8.0, 8.0, subject="b", session="2", task="Freeform"),
    prediction("unknown", None, 50.0, subject="c", session="1", task="Other", sex="f", age=20.0),
]


def _named(parts: list[Subgroup]) -> dict[str, Subgroup]:
    return {part.name: part for part in parts}


def test_all_who_estimate_stand_beside_each_other() -> None:
    whole = _named(subgroups_of(TASKS, KNOWN))["all"]
    assert whole.subjects == ("a", "a", "b", "b", "b")
    assert whole.truth.tolist() == [20, 20, 4, 4, 8]
    assert {of: values.tolist() for of, values in whole.estimates.items()} == {
        "model": [18, 24, 9, 1, 8],
        "constant": [15] * 5,
        "median": [12] * 5,
        "lookup": [30, 30, 15, 15, 15],
    }


def test_parts_by_task_and_whether_the_subject_was_met() -> None:
    parts = subgroups_of(TASKS, KNOWN)
    assert [part.name for part in parts] == ["all", "seen", "unseen", "task Freeform", "task Northwind", "pairs"]
    named = _named(parts)
    assert named["seen"].subjects == ("a", "a")
    assert named["unseen"].truth.tolist() == [4, 4, 8]
    assert named["task Freeform"].estimates["model"].tolist() == [18, 9, 8]


def test_pairs_are_averaged_before_they_are_scored() -> None:
    pairs = _named(subgroups_of(TASKS, KNOWN))["pairs"]
    assert pairs.subjects == ("a", "b", "b")
    assert pairs.truth.tolist() == [20, 4, 8]
    assert pairs.estimates["model"].tolist() == [21, 5, 8]  # the session with one video stays by itself
    assert pairs.estimates["lookup"].tolist() == [30, 15, 15]


def test_one_task_or_one_video_a_session_is_no_part() -> None:
    alone = [prediction("r1", 3.0, 4.0, task="Freeform"), prediction("r2", 5.0, 4.0, task="Freeform", subject="of-r1")]
    assert [part.name for part in subgroups_of(alone, KNOWN)] == ["all", "unseen"]  # sessions are unknown: no pairs


def test_groups_where_a_corpus_tells_of_them() -> None:
    ages = {"r1": 29.9, "r2": 30.0, "r3": 44.0, "r4": 45.0, "r5": 60.0, "r6": None}
    people = [prediction(name, 5.0, 6.0, age=age, sex="f" if name < "r3" else "") for name, age in ages.items()]
    found = {part.name: part.subjects for part in subgroups_of(people, KNOWN)[2:]}
    assert found == {
        "sex f": ("of-r1", "of-r2"),
        "age under 30": ("of-r1",),
        "age 30 to 44": ("of-r2", "of-r3"),
        "age 45 to 59": ("of-r4",),
        "age 60 and over": ("of-r5",),
    }


def test_nothing_scored_has_no_parts() -> None:
    assert subgroups_of([prediction("r1", None, 5.0)], KNOWN) == []


def test_parts_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match=r"all: parts of \[1, 2\] videos"):
        Subgroup("all", ("a",), np.array([1.0, 2.0]), {"model": np.array([1.0, 2.0])})
    with pytest.raises(ValueError, match=r"seen: parts of \[0\] videos"):
        Subgroup("seen", (), np.array([]), {})
