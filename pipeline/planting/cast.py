"""Who is in a planted corpus: people in partitions, their sessions, and the score of each session.

Nothing about a person tells a score. Everyone is in one partition. The scores of each person's sessions come from equal
parts of the distribution of scores, in a random order, so that their mean is nearly the same for everyone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.planting.pace import Pace
from pipeline.planting.stretches import Run
from pipeline.severity.scale import SeverityScale
from pipeline.simulation.cohort import FIRST_SUBJECT, MAX_SESSIONS, PARTITIONS, Session, scores_at, severity_of
from pipeline.simulation.random_streams import random_stream


@dataclass(frozen=True)
class PlantedSession:
    """A session, and the stretch of a recording that it is planted in.

    Attributes:
        session: with its score.
        run: the part of the recording.
        start: of the stretch, in seconds of the recording.
    """

    session: Session
    run: Run
    start: float


def cast_sessions(
    runs: Mapping[str, Sequence[Run]],
    pace: Pace,
    seed: int,
    max_subjects: int,
    max_sessions: int,
    scale: SeverityScale,
) -> list[PlantedSession]:
    """Choose the people and sessions of a corpus, and draw the scores.

    Args:
        runs: the usable runs of every person, by name.
        pace: of the films.
        seed: of all choices.
        max_subjects: of the corpus; if there are more people, some are left out at random.
        max_sessions: of each partition. They are shared out in rounds, and nobody gets more than in AVEC unless so many
            are needed.
        scale: of the scores.

    Returns:
        The sessions in the order of people and visits.
    """
    random = random_stream(seed, "cast")
    names = sorted(runs)
    chosen = sorted(random.permutation(len(names))[:max_subjects].tolist())
    numbers = {names[index]: FIRST_SUBJECT + place for place, index in enumerate(chosen)}
    most = max(MAX_SESSIONS, -(-len(PARTITIONS) * max_sessions // len(numbers)))
    capacities = {name: min(sum(run.capacity(pace.stretch) for run in runs[name]), most) for name in numbers}
    sessions = []
    for partition, people in zip(PARTITIONS, _deal(capacities, random), strict=True):
        counts = _share_out([capacities[name] for name in people], max_sessions)
        for name, scores in zip(people, stratified_scores(counts, scale, random), strict=True):
            stretches = _stretches(runs[name], len(scores), pace.stretch, random)
            for visit, ((run, start), score) in enumerate(zip(stretches, scores, strict=True), start=1):
                session = Session(numbers[name], visit, partition, score, severity_of(score, scale))
                sessions.append(PlantedSession(session, run, start))
    return sorted(sessions, key=lambda item: (item.session.subject, item.session.number))


def _deal(capacities: Mapping[str, int], random: np.random.Generator) -> list[list[str]]:
    """Deal people into the partitions, those with the most footage first, to and fro: 0 1 2 2 1 0 0 1 2 ..."""
    names = list(capacities)
    shuffled = [names[index] for index in random.permutation(len(names)).tolist()]
    hands: list[list[str]] = [[] for _ in PARTITIONS]
    order = [*range(len(hands)), *reversed(range(len(hands)))]
    for place, name in enumerate(sorted(shuffled, key=lambda name: -capacities[name])):
        hands[order[place % len(order)]].append(name)
    return hands


def _share_out(capacities: Sequence[int], total: int) -> list[int]:
    """Share out sessions in rounds, one to each person who has footage left.

    Examples:
        >>> _share_out([1, 5, 3], 7)
        [1, 3, 3]
    """
    counts = [0] * len(capacities)
    while sum(counts) < total and any(count < capacity for count, capacity in zip(counts, capacities, strict=True)):
        for index, capacity in enumerate(capacities):
            if counts[index] < capacity and sum(counts) < total:
                counts[index] += 1
    return counts


def stratified_scores(counts: Sequence[int], scale: SeverityScale, random: np.random.Generator) -> list[list[int]]:
    """Draw the scores of people with so many sessions each.

    A person with k sessions has one score from each k-th of the distribution, in a random order. Where in its part a
    score lies is stratified over people, so that also people with one session have the distribution together.
    """
    people = len(counts)
    places = [(random.permutation(people) + random.random(people)) / people for _ in range(max(counts, default=0))]
    scores = []
    for person, count in enumerate(counts):
        quantiles = [(part + places[part][person]) / count for part in random.permutation(count).tolist()]
        scores.append(scores_at(np.array(quantiles), scale))
    return scores


def _stretches(runs: Sequence[Run], count: int, stretch: float, random: np.random.Generator) -> list[tuple[Run, float]]:
    """Return `count` stretches of a person's runs: shared out in rounds, and in each run as far apart as possible."""
    counts = _share_out([run.capacity(stretch) for run in runs], count)
    return [(run, start) for run, own in zip(runs, counts, strict=True) for start in run.starts(own, stretch, random)]
