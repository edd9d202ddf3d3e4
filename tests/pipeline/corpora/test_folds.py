"""Subject-disjoint folds: worked by hand, and for any corpus: disjoint, and similar in size and scores."""

import math
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.corpora.folds import Folds, assign_folds, subject_folds
from pipeline.records.labels import Label


def _label(subject: str, number: int, score: float | None, partition: str = "training") -> Label:
    return Label(f"{subject}-{number}", subject, str(number), "", partition, score)


def test_rows_of_similar_scores_worked_by_hand() -> None:
    # Rows by mean score: a 1, b 2, c 3 | d 10, e 11 (two recordings), f 12 | g 30.
    scores = {"a": [1.0], "b": [2.0], "c": [3.0], "d": [10.0], "e": [10.0, 12.0], "f": [12.0], "g": [30.0]}
    labels = [_label(name, n, score) for name, values in scores.items() for n, score in enumerate(values)]
    # First row: one recording each, so the highest score first: c 0, b 1, a 2. Second row: e has the most recordings
    # and goes to the fold with the smallest sum of scores, 2; then f to 1, d to 0. Third row: folds 0 and 1 have two
    # recordings, and sums of 13 and 14.
    assert assign_folds(labels, 3) == {"c": 0, "b": 1, "a": 2, "e": 2, "f": 1, "d": 0, "g": 0}


def test_the_test_fold_the_development_fold_and_the_training_folds() -> None:
    labels = [_label(f"s{n}", 0, float(n), "test") for n in range(5)]
    assigned = assign_folds(labels, 5)
    for test_fold in range(5):
        partitions = {label.subject: label.partition for label in subject_folds(labels, Folds(5, test_fold))}
        by_fold = {fold: partitions[subject] for subject, fold in assigned.items()}
        assert by_fold[test_fold] == "test"
        assert by_fold[(test_fold + 1) % 5] == "development"
        assert Counter(by_fold.values()) == {"test": 1, "development": 1, "training": 3}


def test_unscored_recordings_follow_their_subject_and_unscored_subjects_are_tested() -> None:
    labels = [*[_label(f"s{n}", 0, float(n)) for n in range(3)], _label("s1", 1, None), _label("nobody", 0, None)]
    for test_fold in range(3):
        partitions = {label.recording: label.partition for label in subject_folds(labels, Folds(3, test_fold))}
        assert partitions["s1-1"] == partitions["s1-0"]
        assert partitions["nobody-0"] == "test"


def test_too_few_subjects_and_folds_that_do_not_exist_are_refused() -> None:
    with pytest.raises(ValueError, match=r"corpus\.folds is 4, but 3 subjects have a score"):
        assign_folds([*[_label(f"s{n}", 0, float(n)) for n in range(3)], _label("u", 0, None)], 4)
    for count, test_fold in ((2, 0), (5, 5), (5, -1)):
        with pytest.raises(ValueError, match=f"fold {test_fold} of {count}; allowed"):
            Folds(count, test_fold)


SUBJECTS = st.lists(st.lists(st.one_of(st.none(), st.integers(0, 63)), min_size=1, max_size=4), min_size=3, max_size=60)


@settings(max_examples=60, deadline=None)
@given(sessions=SUBJECTS, count=st.integers(3, 6), data=st.data())
def test_any_corpus(sessions: list[list[int | None]], count: int, data: st.DataObject) -> None:
    labels = [
        _label(f"s{subject:02d}", number, None if score is None else float(score))
        for subject, scores in enumerate(sessions)
        for number, score in enumerate(scores)
    ]
    scored: dict[str, list[float]] = {label.subject: [] for label in labels if label.score is not None}
    for label in labels:
        if label.score is not None:
            scored[label.subject].append(label.score)
    if len(scored) < count:
        return
    assigned = assign_folds(labels, count)
    shuffled = data.draw(st.permutations(labels))
    assert assign_folds(shuffled, count) == assigned  # the order of the labels has no influence

    subjects = [sum(fold == number for fold in assigned.values()) for number in range(count)]
    assert max(subjects) - min(subjects) <= 1
    recordings = [
        sum(len(scored[subject]) for subject, fold in assigned.items() if fold == number) for number in range(count)
    ]
    assert max(recordings) - min(recordings) <= max(map(len, scored.values()))
    ranked = sorted(scored, key=lambda subject: (math.fsum(scored[subject]) / len(scored[subject]), subject))
    for begin in range(0, len(ranked) - count + 1, count):
        assert {assigned[subject] for subject in ranked[begin : begin + count]} == set(range(count))

    test_subjects = []
    for number in range(count):
        partitions: dict[str, set[str]] = {"training": set(), "development": set(), "test": set()}
        for label in subject_folds(labels, Folds(count, number)):
            partitions[label.partition].add(label.subject)
        assert not partitions["test"] & (partitions["training"] | partitions["development"])
        assert not partitions["training"] & partitions["development"]
        assert all(names & scored.keys() for names in partitions.values())
        test_subjects += sorted(partitions["test"] & scored.keys())
    assert sorted(test_subjects) == sorted(scored)  # each once
