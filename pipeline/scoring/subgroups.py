"""Subgroups of the test videos, with the estimates of the model, the estimators of labels alone, and the baselines."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from pipeline.estimators.labels_alone import FittedLabelEstimators
from pipeline.records.baseline_estimates import NO_BASELINES, BaselineEstimates
from pipeline.scoring.prediction_tables import Prediction
from pipeline.statistics.statistic import Scores

MODEL = "model"  # the fitted estimator, among those of labels alone
ALL_SEEN_UNSEEN = ("all", "seen", "unseen")  # names of the subgroups that every corpus can have
AGES = (("under 30", 30.0), ("30 to 44", 45.0), ("45 to 59", 60.0), ("60 and over", math.inf))  # name, upper limit


@dataclass(frozen=True)
class Subgroup:
    """Videos, or pairs of videos, over which metrics are computed.

    Attributes:
        name: all, seen, unseen, pairs, or a task, sex or age.
        subjects: the subject of each video.
        truth: the score of each video.
        estimates: the estimate for each video, by estimator: the model, all estimators of labels alone, and
            baselines that see no behaviour.
    """

    name: str
    subjects: tuple[str, ...]
    truth: Scores
    estimates: Mapping[str, Scores]

    def __post_init__(self) -> None:
        lengths = {len(self.subjects), len(self.truth), *map(len, self.estimates.values())}
        if lengths != {len(self.truth)} or not len(self.truth):
            raise ValueError(f"{self.name}: columns of {sorted(lengths)} videos; allowed: equally many, at least one")


def subgroups_of(
    predictions: Sequence[Prediction], labels_alone: FittedLabelEstimators, baselines: BaselineEstimates = NO_BASELINES
) -> list[Subgroup]:
    """Return all predictions with a score as a subgroup, and every non-empty subgroup of them.

    Subgroups are: subjects seen and unseen in fitting; tasks, if there are several; sex and age, if known; and pairs,
    if sessions have several videos (AVEC2014's two tasks), with scores and estimates averaged over each session.
    """
    scored = [item for item in predictions if item.score is not None]
    members = {
        "all": scored,
        "seen": [item for item in scored if item.seen],
        "unseen": [item for item in scored if not item.seen],
    }
    tasks = sorted({item.task for item in scored if item.task})
    if len(tasks) > 1:
        members |= {f"task {task}": [item for item in scored if item.task == task] for task in tasks}
    for sex in sorted({item.sex for item in scored if item.sex}):
        members[f"sex {sex}"] = [item for item in scored if item.sex == sex]
    for name, _ in AGES:
        members[f"age {name}"] = [item for item in scored if item.age is not None and _age_group(item.age) == name]
    subgroups = [_subgroup(name, items, labels_alone, baselines) for name, items in members.items() if items]
    sessions = _sessions(scored)
    return [*subgroups, *([_average("pairs", subgroups[0], sessions)] if len(sessions) < len(scored) else [])]


def _subgroup(
    name: str, items: Sequence[Prediction], labels_alone: FittedLabelEstimators, baselines: BaselineEstimates
) -> Subgroup:
    estimates = {
        MODEL: [item.estimate for item in items],
        **{
            name: [estimator.estimate(item.subject) for item in items]
            for name, estimator in labels_alone.estimators.items()
        },
        **{name: [values[item.recording] for item in items] for name, values in baselines.items()},
    }
    truth = np.array([item.score for item in items], np.float64)
    subjects = tuple(item.subject for item in items)
    return Subgroup(
        name, subjects, truth, {estimator: np.array(values, np.float64) for estimator, values in estimates.items()}
    )


def _age_group(age: float) -> str:
    return next(name for name, end in AGES if age < end)


def _sessions(items: Sequence[Prediction]) -> list[list[int]]:
    """Return the rows of each session; a recording with unknown session is a session by itself."""
    rows: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for row, item in enumerate(items):
        rows[item.subject, item.session, "" if item.session else item.recording].append(row)
    return list(rows.values())


def _average(name: str, subgroup: Subgroup, sessions: Sequence[Sequence[int]]) -> Subgroup:
    """Average the scores and estimates of each session, given as rows of the subgroup."""

    def means(values: Scores) -> Float[np.ndarray, " sessions"]:
        return np.array([values[rows].mean() for rows in sessions])

    subjects = tuple(subgroup.subjects[rows[0]] for rows in sessions)
    return Subgroup(
        name,
        subjects,
        means(subgroup.truth),
        {estimator: means(values) for estimator, values in subgroup.estimates.items()},
    )
