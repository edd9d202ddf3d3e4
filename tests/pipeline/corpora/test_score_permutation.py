"""Permuted scores: which blocks are exchanged, worked by hand, and what must not change."""

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
import pytest

from pipeline.corpora.score_permutation import permutation_warnings, permute_scores
from pipeline.records.labels import Label


def _label(subject: str, session: int, score: float | None, task: str = "a", partition: str = "training") -> Label:
    return Label(f"{subject}_{session}_{task}", subject, str(session), task, partition, score)


def _corpus() -> list[Label]:
    """Thirty subjects with one to three sessions of two videos in all partitions; each session has its own score."""
    partitions = ("training", "development", "test")
    visits = [(subject, visit) for subject in range(30) for visit in range(1 + subject % 3)]
    return [
        _label(f"s{subject}", visit, float(number), task, partitions[number % 4 % 3])
        for number, (subject, visit) in enumerate(visits)
        for task in ("a", "b")
    ]


def _blocks(labels: Sequence[Label]) -> dict[str, list[float]]:
    """Return the scores of each subject in the order of the sessions."""
    blocks: dict[str, list[float]] = defaultdict(list)
    for label in sorted(labels, key=lambda label: label.recording):
        if label.task == "a" and label.score is not None:
            blocks[label.subject].append(label.score)
    return blocks


@pytest.mark.parametrize("unit", ["sessions", "subjects"])
def test_scores_move_between_partitions_and_nothing_else_moves(unit: str) -> None:
    before, after = _corpus(), permute_scores(_corpus(), unit, draw=1)
    assert Counter(label.score for label in after) == Counter(label.score for label in before)
    for name in ("recording", "subject", "session", "task", "partition"):
        assert [getattr(label, name) for label in after] == [getattr(label, name) for label in before]
    assert {label.permuted for label in after} == {f"scores permuted among {unit}, draw 1"}
    tested = [{label.score for label in labels if label.partition == "test"} for labels in (before, after)]
    assert tested[0] != tested[1]  # the control before this one left tested scores as they are
    assert all(first.score == second.score for first, second in zip(after[::2], after[1::2], strict=True))


def test_whole_subjects_keep_their_scores_together_and_in_order() -> None:
    before, after = _blocks(_corpus()), _blocks(permute_scores(_corpus(), "subjects", draw=4))
    assert before != after
    assert sorted(before.values()) == sorted(after.values())  # so each list moved as a whole
    assert {subject: len(scores) for subject, scores in before.items()} == {
        subject: len(scores) for subject, scores in after.items()
    }


def test_sessions_move_alone() -> None:
    before, after = _blocks(_corpus()), _blocks(permute_scores(_corpus(), "sessions", draw=4))
    assert sorted(before.values()) != sorted(after.values())


def test_who_alone_has_so_many_sessions_keeps_the_scores() -> None:
    # Two subjects with one session exchange or keep their scores; c is the only one with two, and d has no score.
    labels = [_label("a", 1, 10.0), _label("b", 1, 20.0), _label("c", 1, 30.0), _label("c", 2, 40.0)]
    labels.append(_label("d", 1, None))
    outcomes = Counter(tuple(label.score for label in permute_scores(labels, "subjects", draw)) for draw in range(200))
    assert set(outcomes) == {(10.0, 20.0, 30.0, 40.0, None), (20.0, 10.0, 30.0, 40.0, None)}
    assert min(outcomes.values()) >= 70  # of 200, both equally likely: 4.2 standard deviations
    _, keeps = permutation_warnings(labels, "subjects")
    assert keeps == "1 of 3 subjects keep their scores, because no other has as many scored sessions: c"
    assert len(permutation_warnings(labels, "sessions")) == 1


def test_videos_without_session_are_sessions_by_themselves() -> None:
    labels = [Label(f"v{n}", f"s{n % 3}", "", "", "training", float(n)) for n in range(9)]
    assert len({label.score for label in permute_scores(labels, "sessions", draw=0)}) == 9


@pytest.mark.parametrize("unit", ["sessions", "subjects"])
def test_old_and_new_scores_are_uncorrelated(unit: str) -> None:
    labels = [_label(f"s{n // 2}", n % 2, float(n)) for n in range(60)]
    drawn = [permute_scores(labels, unit, draw) for draw in range(100)]
    scores = np.array([[label.score for label in part] for part in (labels, *drawn)], np.float64)
    correlations = np.atleast_2d(np.corrcoef(scores))[0, 1:]
    # The correlation under a permutation of n units has the mean -1 / (n - 1) and a deviation of 1 / sqrt(n - 1).
    assert abs(np.mean(correlations)) < 1 / 29 + 4 / np.sqrt(29 * 100)


def test_a_draw_is_repeatable_and_draws_differ() -> None:
    draws = [tuple(label.score for label in permute_scores(_corpus(), "subjects", draw)) for draw in (0, 1, 2, 1)]
    assert draws[1] == draws[3]
    assert len(set(draws)) == 3


@pytest.mark.parametrize(("unit", "sessions"), [("subjects", [1, 2]), ("sessions", [1])])
def test_a_corpus_without_anything_to_exchange_is_refused(unit: str, sessions: list[int]) -> None:
    labels = [_label(f"s{n}", visit, 10.0 + visit) for n, count in enumerate(sessions) for visit in range(count)]
    with pytest.raises(ValueError, match=rf"corpus\.labels is permuted_{unit}, but nothing can be exchanged"):
        permute_scores(labels, unit, draw=0)
