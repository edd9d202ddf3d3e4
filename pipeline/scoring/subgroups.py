"""What figures are of: all videos that have a score, and parts of them, each estimated by a model and without one."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from pipeline.scoring.baselines import Baseline
from pipeline.scoring.metrics import Scores
from pipeline.scoring.predictions import Prediction

MODEL, CONSTANT, MEDIAN, LOOKUP = ESTIMATORS = ("model", "constant", "median", "lookup")
AGES = (("under 30", 30.0), ("30 to 44", 45.0), ("45 to 59", 60.0), ("60 and over", math.inf))  # and where each ends


@dataclass(frozen=True)
class Subgroup:
    """Videos, or pairs of videos, that figures are computed over.

    Attributes:
        name: all, seen, unseen, pairs, or a task, sex or age.
        subjects: of each.
        truth: the score of each.
        estimates: of each, by the name of who estimates: the model, the constant (mean), the median of the fitted
            scores, and the identity look-up.
    """

    name: str
    subjects: tuple[str, ...]
    truth: Scores
    estimates: Mapping[str, Scores]

    def __post_init__(self) -> None:
        lengths = {len(self.subjects), len(self.truth), *map(len, self.estimates.values())}
        if lengths != {len(self.truth)} or not len(self.truth):
            raise ValueError(f"{self.name}: parts of {sorted(lengths)} videos; allowed: equally many, at least one")


def subgroups_of(predictions: Sequence[Prediction], known: Baseline) -> list[Subgroup]:
    """All predictions that have a score, and every part of them that has any.

    By whether the subject is met in fitting; by task, where there are several; by sex and age, where they are known;
    and over sessions with several videos (AVEC2014's pairs of two tasks), estimates averaged before they are scored.
    """
    scored = [item for item in predictions if item.bdi is not None]
    chosen = {
        "all": scored,
        "seen": [item for item in scored if item.seen],
        "unseen": [item for item in scored if not item.seen],
    }
    tasks = sorted({item.task for item in scored if item.task})
    if len(tasks) > 1:
        chosen |= {f"task {task}": [item for item in scored if item.task == task] for task in tasks}
    for sex in sorted({item.sex for item in scored if item.sex}):
        chosen[f"sex {sex}"] = [item for item in scored if item.sex == sex]
    for name, _ in AGES:
        chosen[f"age {name}"] = [item for item in scored if item.age is not None and _age_group(item.age) == name]
    found = [_subgroup(name, items, known) for name, items in chosen.items() if items]
    pairs = _sessions(scored)
    return [*found, *([_averaged("pairs", found[0], pairs)] if len(pairs) < len(scored) else [])]


def _subgroup(name: str, items: Sequence[Prediction], known: Baseline) -> Subgroup:
    estimates = {
        MODEL: [item.estimate for item in items],
        CONSTANT: [known.constant] * len(items),
        MEDIAN: [known.median] * len(items),
        LOOKUP: [known.lookup(item.subject) for item in items],
    }
    truth = np.array([item.bdi for item in items], np.float64)
    subjects = tuple(item.subject for item in items)
    return Subgroup(name, subjects, truth, {of: np.array(values, np.float64) for of, values in estimates.items()})


def _age_group(age: float) -> str:
    return next(name for name, end in AGES if age < end)


def _sessions(items: Sequence[Prediction]) -> list[list[int]]:
    """The rows of each session; a recording whose session is unknown is one by itself."""
    rows: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for row, item in enumerate(items):
        rows[item.subject, item.session, "" if item.session else item.recording].append(row)
    return list(rows.values())


def _averaged(name: str, part: Subgroup, groups: Sequence[Sequence[int]]) -> Subgroup:
    def means(values: Scores) -> Float[np.ndarray, " sessions"]:
        return np.array([values[rows].mean() for rows in groups])

    subjects = tuple(part.subjects[rows[0]] for rows in groups)
    return Subgroup(name, subjects, means(part.truth), {of: means(values) for of, values in part.estimates.items()})
