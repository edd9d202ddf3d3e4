"""The simulated cohort: AVEC's counts, shared subjects, and the distribution and correlation of the scores."""

from collections import Counter

import numpy as np
import pytest

from pipeline.severity.scale import scale_of
from pipeline.simulation.cohort import PARTITIONS, Session, draw_cohort

BDI_II = scale_of("bdi-ii")


def _fitted_subjects(cohort: list[Session]) -> set[int]:
    return {session.subject for session in cohort if session.partition != "Testing"}


@pytest.mark.parametrize("seed", range(5))
def test_the_counts_agree_with_avec(seed: int) -> None:
    cohort = draw_cohort(seed, subjects=82, sessions=50, subject_share=0.5, scale=BDI_II)
    assert Counter(session.partition for session in cohort) == dict.fromkeys(PARTITIONS, 50)
    assert len({session.subject for session in cohort}) == 82
    assert len({session.name for session in cohort}) == 150
    assert max(Counter(session.subject for session in cohort).values()) <= 4
    assert all(0 <= session.score <= 45 for session in cohort)
    test_subjects = {session.subject for session in cohort if session.partition == "Testing"}
    assert 8 <= len(test_subjects & _fitted_subjects(cohort)) <= 28  # AVEC: 17 of 42
    assert 30 <= len(test_subjects) <= 50  # AVEC: 42


def test_the_distribution_of_scores_resembles_avecs() -> None:
    scores = np.array([session.score for seed in range(20) for session in draw_cohort(seed, 82, 50, 0.0, BDI_II)])
    assert abs(scores.mean() - 15.0) < 1.0  # moments of 45 x Beta(0.7, 1.4) from a textbook
    assert abs(scores.std() - 12.0) < 1.0


def _score_pairs(share: float) -> np.ndarray:
    """Scores of the first two sessions of each subject with two or more, over 30 cohorts."""
    pairs = []
    for seed in range(30):
        scores: dict[int, list[int]] = {}
        for session in draw_cohort(seed, 82, 50, share, BDI_II):
            scores.setdefault(session.subject, []).append(session.score)
        pairs += [values[:2] for values in scores.values() if len(values) > 1]
    return np.array(pairs)


def test_sessions_of_a_subject_are_correlated_as_requested() -> None:
    correlation = {share: np.corrcoef(_score_pairs(share).T)[0, 1] for share in (0.0, 0.5, 1.0)}
    assert abs(correlation[0.0]) < 0.08
    assert 0.35 < correlation[0.5] < 0.6
    assert (np.diff(_score_pairs(1.0), axis=1) == 0).all()


def test_the_subject_share_does_not_change_the_spread_of_scores() -> None:
    spreads = [
        np.std([session.score for seed in range(20) for session in draw_cohort(seed, 82, 50, share, BDI_II)])
        for share in (0.0, 0.9)
    ]
    assert abs(spreads[0] - spreads[1]) < 1.0


def test_every_subject_of_a_tiny_cohort_has_a_session() -> None:
    cohort = draw_cohort(1, subjects=4, sessions=2, subject_share=0.0, scale=BDI_II)
    assert len(cohort) == 6
    assert len({session.subject for session in cohort}) == 4


def test_scores_of_another_scale_take_the_same_share_of_its_range() -> None:
    """A score of 45 on BDI-II is 5/7 of the range: 19.3 of 27 on PHQ-9, and 5.7 on a scale from 1 to 8 less 1."""
    own = scale_of({"name": "Mood", "lowest": 1, "highest": 8, "bands": {"low": 1, "high": 5}})
    cohorts = [draw_cohort(2014, 82, 50, 0.0, scale) for scale in (BDI_II, scale_of("phq-9"), own)]
    for bdi, phq, mood in zip(*cohorts, strict=True):
        assert (phq.subject, phq.number, phq.partition) == (bdi.subject, bdi.number, bdi.partition)
        assert phq.score == int(bdi.score * 27 / 63) and mood.score == 1 + int(bdi.score * 7 / 63)
        assert bdi.severity == bdi.score / 45
        assert phq.severity == pytest.approx(phq.score * 7 / 5 / 27)
        assert mood.severity == pytest.approx((mood.score - 1) / 5)
    assert 15 < max(session.score for session in cohorts[1]) <= 19
