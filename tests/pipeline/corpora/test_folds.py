"""Subject-disjoint folds: by hand, and for any corpus: nobody in two folds, folds alike in size and score."""

import math
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.corpora.folds import Folds, deal_subjects, subject_folds
from pipeline.records.labels import Label


def _label(subject: str, number: int, bdi: float | None, partition: str = "training") -> Label:
    return Label(f"{subject}-{number}", subject, str(number), "", partition, bdi)


def test_rows_of_like_scores_worked_by_hand() -> None:
    # Rows by mean score: a 1, b 2, c 3 | d 10, e 11 (two recordings), f 12 | g 30.
    scores = {"a": [1.0], "b": [2.0], "c": [3.0], "d": [10.0], "e": [10.0, 12.0], "f": [12.0], "g": [30.0]}
    labels = [_label(name, n, score) for name, found in scores.items() for n, score in enumerate(found)]
    # First row: all alike in recordings, the highest score first: c 0, b 1, a 2. Second row: e has the most and
    # goes to the fold with the fewest points, 2; then f to 1, d to 0. Third: folds 0 and 1 have two recordings, and 13
    # and 14 points.
    assert deal_subjects(labels, 3) == {"c": 0, "b": 1, "a": 2, "e": 2, "f": 1, "d": 0, "g": 0}


def test_the_tested_fold_the_one_after_it_and_the_rest() -> None:
    labels = [_label(f"s{n}", 0, float(n), "test") for n in range(5)]
    dealt = deal_subjects(labels, 5)
    for tested in range(5):
        found = {label.subject: label.partition for label in subject_folds(labels, Folds(5, tested))}
        by_fold = {fold: found[subject] for subject, fold in dealt.items()}
        assert by_fold[tested] == "test"
        assert by_fold[(tested + 1) % 5] == "development"
        assert Counter(by_fold.values()) == {"test": 1, "development": 1, "training": 3}


def test_recordings_without_a_score_go_with_their_subject_and_unknown_ones_are_estimated() -> None:
    labels = [*[_label(f"s{n}", 0, float(n)) for n in range(3)], _label("s1", 1, None), _label("nobody", 0, None)]
    for tested in range(3):
        found = {label.recording: label.partition for label in subject_folds(labels, Folds(3, tested))}
        assert found["s1-1"] == found["s1-0"]
        assert found["nobody-0"] == "test"


def test_too_few_subjects_and_folds_that_do_not_exist_are_refused() -> None:
    with pytest.raises(ValueError, match=r"corpus\.folds is 4, but 3 subjects have a score"):
        deal_subjects([*[_label(f"s{n}", 0, float(n)) for n in range(3)], _label("u", 0, None)], 4)
    for count, tested in ((2, 0), (5, 5), (5, -1)):
        with pytest.raises(ValueError, match=f"fold {tested} of {count}; allowed"):
            Folds(count, tested)


SUBJECTS = st.lists(st.lists(st.one_of(st.none(), st.integers(0, 63)), min_size=1, max_size=4), min_size=3, max_size=60)


@settings(max_examples=60, deadline=None)
@given(sessions=SUBJECTS, count=st.integers(3, 6), data=st.data())
def test_any_corpus(sessions: list[list[int | None]], count: int, data: st.DataObject) -> None:
    labels = [
        _label(f"s{subject:02d}", number, None if score is None else float(score))
        for subject, scores in enumerate(sessions)
        for number, score in enumerate(scores)
    ]
    scored: dict[str, list[float]] = {label.subject: [] for label in labels if label.bdi is not None}
    for label in labels:
        if label.bdi is not None:
            scored[label.subject].append(label.bdi)
    if len(scored) < count:
        return
    dealt = deal_subjects(labels, count)
    shuffled = data.draw(st.permutations(labels))
    assert deal_subjects(shuffled, count) == dealt  # of subjects and scores, not of the order they come in

    people = [sum(fold == number for fold in dealt.values()) for number in range(count)]
    assert max(people) - min(people) <= 1
    recordings = [sum(len(scored[s]) for s, fold in dealt.items() if fold == number) for number in range(count)]
    assert max(recordings) - min(recordings) <= max(map(len, scored.values()))
    ranked = sorted(scored, key=lambda subject: (math.fsum(scored[subject]) / len(scored[subject]), subject))
    for begin in range(0, len(ranked) - count + 1, count):
        assert {dealt[subject] for subject in ranked[begin : begin + count]} == set(range(count))

    tested = []
    for number in range(count):
        parts: dict[str, set[str]] = {"training": set(), "development": set(), "test": set()}
        for label in subject_folds(labels, Folds(count, number)):
            parts[label.partition].add(label.subject)
        assert not parts["test"] & (parts["training"] | parts["development"])
        assert not parts["training"] & parts["development"]
        assert all(part & scored.keys() for part in parts.values())
        tested += sorted(parts["test"] & scored.keys())
    assert sorted(tested) == sorted(scored)  # each once
