"""The simulated cohort: AVEC's counts, shared subjects, and scores that are as alike as they are said to be."""

from collections import Counter

import numpy as np
import pytest

from pipeline.simulation.cohort import PARTITIONS, Session, draw_cohort


def _fitted(cohort: list[Session]) -> set[int]:
    return {session.subject for session in cohort if session.partition != "Testing"}


@pytest.mark.parametrize("seed", range(5))
def test_counts_are_those_of_avec(seed: int) -> None:
    cohort = draw_cohort(seed, subjects=82, sessions=50, subject_share=0.5)
    assert Counter(session.partition for session in cohort) == dict.fromkeys(PARTITIONS, 50)
    assert len({session.subject for session in cohort}) == 82
    assert len({session.name for session in cohort}) == 150
    assert max(Counter(session.subject for session in cohort).values()) <= 4
    assert all(0 <= session.bdi <= 45 for session in cohort)
    tested = {session.subject for session in cohort if session.partition == "Testing"}
    assert 8 <= len(tested & _fitted(cohort)) <= 28  # AVEC: 17 of 42
    assert 30 <= len(tested) <= 50  # AVEC: 42


def test_scores_are_spread_like_avecs() -> None:
    scores = np.array([s.bdi for seed in range(20) for s in draw_cohort(seed, 82, 50, 0.0)])
    assert abs(scores.mean() - 15.0) < 1.0  # mean and spread of 45 x Beta(0.7, 1.4), by its textbook moments
    assert abs(scores.std() - 12.0) < 1.0


def _pairs(share: float) -> np.ndarray:
    pairs = []
    for seed in range(30):
        scores: dict[int, list[int]] = {}
        for session in draw_cohort(seed, 82, 50, share):
            scores.setdefault(session.subject, []).append(session.bdi)
        pairs += [both[:2] for both in scores.values() if len(both) > 1]
    return np.array(pairs)


def test_sessions_of_a_subject_are_as_alike_as_asked() -> None:
    alike = {share: np.corrcoef(_pairs(share).T)[0, 1] for share in (0.0, 0.5, 1.0)}
    assert abs(alike[0.0]) < 0.08
    assert 0.35 < alike[0.5] < 0.6
    assert (np.diff(_pairs(1.0), axis=1) == 0).all()


def test_the_share_does_not_change_how_scores_are_spread() -> None:
    spread = [np.std([s.bdi for seed in range(20) for s in draw_cohort(seed, 82, 50, share)]) for share in (0.0, 0.9)]
    assert abs(spread[0] - spread[1]) < 1.0


def test_every_subject_of_a_tiny_cohort_comes() -> None:
    cohort = draw_cohort(1, subjects=4, sessions=2, subject_share=0.0)
    assert len(cohort) == 6
    assert len({session.subject for session in cohort}) == 4
