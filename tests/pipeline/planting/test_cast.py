"""People, sessions and scores of a planted corpus: one partition for each person, and the same scores for everyone."""

from collections import Counter, defaultdict

import numpy as np
import pytest

from pipeline.planting.cast import PlantedSession, cast_sessions, stratified_scores
from pipeline.planting.pace import Pace
from pipeline.planting.stretches import Run
from pipeline.severity.scale import scale_of
from pipeline.simulation.cohort import PARTITIONS, SCORES

PACE, BDI_II = Pace(2.0, 8, 2.0), scale_of("bdi-ii")


def _runs(seconds: dict[str, float]) -> dict[str, list[Run]]:
    return {
        name: [Run(name, np.arange(int(length * 25)), np.arange(int(length * 25)) / 25)]
        for name, length in seconds.items()
    }


def _cast(seconds: dict[str, float], subjects: int = 99, sessions: int = 50, seed: int = 1) -> list[PlantedSession]:
    return cast_sessions(_runs(seconds), PACE, seed, subjects, sessions, BDI_II)


PEOPLE = {f"p{number}": 3.0 + number for number in range(12)}


def test_everyone_is_in_one_partition() -> None:
    sessions = _cast(PEOPLE)
    partitions: dict[int | str, set[str]] = defaultdict(set)
    for item in sessions:
        partitions[item.session.subject].add(item.session.partition)
        partitions[item.run.recording].add(item.session.partition)
    assert {len(names) for names in partitions.values()} == {1}
    assert Counter(next(iter(partitions[name])) for name in PEOPLE) == dict.fromkeys(PARTITIONS, 4)


def test_the_limits_are_kept_and_sessions_are_shared_out() -> None:
    sessions = _cast(PEOPLE, subjects=6, sessions=3)
    by_person = Counter(item.session.subject for item in sessions)
    assert Counter(item.session.partition for item in sessions) == dict.fromkeys(PARTITIONS, 3)
    assert sorted(by_person.values()) == [1, 1, 1, 2, 2, 2]


def test_nobody_has_more_sessions_than_in_avec_unless_so_many_are_needed() -> None:
    footage = dict.fromkeys(("a", "b", "c"), 200.0)
    assert {count for count in Counter(i.session.subject for i in _cast(footage, sessions=3)).values()} == {3}
    assert set(Counter(item.session.subject for item in _cast(footage, sessions=7)).values()) == {7}
    many = dict.fromkeys(map(str, range(30)), 200.0)
    assert set(Counter(item.session.subject for item in _cast(many, sessions=50)).values()) == {5}


def test_names_of_sessions_are_unique_and_their_stretches_differ() -> None:
    sessions = _cast(PEOPLE)
    assert len({item.session.name for item in sessions}) == len(sessions)
    assert len({(item.run.recording, item.start) for item in sessions}) == len(sessions)


def test_equal_seeds_give_equal_sessions() -> None:
    def scores(seed: int) -> list[tuple[str, int]]:
        return [(item.session.name, item.session.score) for item in _cast(PEOPLE, seed=seed)]

    assert scores(1) == scores(1) != scores(2)


@pytest.mark.parametrize("count", [1, 2, 4])
def test_the_scores_of_a_person_come_from_equal_parts_of_the_distribution(count: int) -> None:
    for scores in stratified_scores([count] * 50, BDI_II, np.random.default_rng(0)):
        for part, score in enumerate(sorted(scores)):
            low, high = SCORES.ppf([part / count, (part + 1) / count]) * 46
            assert int(low) <= score <= high


def test_the_scores_resemble_avecs_for_any_number_of_sessions() -> None:
    random = np.random.default_rng(1)
    for count in (1, 2, 5):
        scores = np.array(stratified_scores([count] * 200, BDI_II, random)).ravel()
        assert abs(scores.mean() - 15.0) < 0.7  # moments of 45 x Beta(0.7, 1.4) from a textbook
        assert abs(scores.std() - 12.0) < 0.7


def test_a_person_tells_no_score() -> None:
    """The mean of a person's other sessions does not correlate with a session's score, unless through their sum."""
    scores = np.array(stratified_scores([4] * 300, BDI_II, np.random.default_rng(2)), float)
    assert scores.mean(1).std() < 0.25 * scores.std()  # 0.5 if they were independent
    first = [np.corrcoef(scores[:, visit], scores.mean(1))[0, 1] for visit in range(4)]
    assert max(first) - min(first) < 0.3


def test_the_order_of_visits_tells_no_score() -> None:
    scores = np.array(stratified_scores([4] * 400, BDI_II, np.random.default_rng(3)), float)
    assert np.ptp(scores.mean(0)) < 2.5
