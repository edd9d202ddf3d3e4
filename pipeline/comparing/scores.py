"""Two experiments beside each other: the paired difference of their errors on the same videos.

Both models answer for the same subjects, so what makes a subject hard is common to both and cancels: the difference is
far surer than the two errors by themselves, and intervals that overlap say nothing. Subjects are drawn with replacement
(pipeline/scoring/intervals.py), both errors are taken on the same draw, and their difference is kept.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.experiments.estimates import Estimate, read_estimates
from pipeline.experiments.repository import find_experiment
from pipeline.name_list import list_names
from pipeline.scoring.intervals import Interval, Rows, intervals
from pipeline.scoring.metrics import ERRORS

NAMED = 5  # videos that an error names


@dataclass(frozen=True)
class Paired:
    """One error of two experiments on the same videos.

    Attributes:
        figure: rmse or mae, in points.
        first: of the first experiment, with its 95 % interval.
        second: of the second.
        difference: second minus first; below 0 the second is better.
    """

    figure: str
    first: Interval
    second: Interval
    difference: Interval

    @property
    def inside_noise(self) -> bool | None:
        """Whether the interval of the difference holds 0; None where there is no interval."""
        if self.difference.low is None or self.difference.high is None:
            return None
        return self.difference.low <= 0 <= self.difference.high


@dataclass(frozen=True)
class Comparison:
    """Two experiments on the same videos.

    Attributes:
        first: name of the first experiment.
        second: name of the second.
        videos: how many both have estimated.
        subjects: of how many people.
        errors: rmse and mae.
    """

    first: str
    second: str
    videos: int
    subjects: int
    errors: tuple[Paired, ...]


def compare(first: str, second: str, resamples: int, seed: int) -> Comparison:
    """Compare the errors of two experiments.

    Args:
        first: an experiment's name, or anything that Git knows; or `workspace`.
        second: likewise.
        resamples: of the bootstrap over subjects.
        seed: of its draws.

    Raises:
        ValueError: where one is not known or has no estimates, or their videos or scores differ, naming these.
    """
    ours, theirs = read_estimates(find_experiment(first)), read_estimates(find_experiment(second))
    check_same_videos(first, ours, second, theirs)
    return Comparison(
        first, second, len(ours), len({item.subject for item in ours}), paired(ours, theirs, resamples, seed)
    )


def check_same_videos(first: str, ours: Sequence[Estimate], second: str, theirs: Sequence[Estimate]) -> None:
    """See that two experiments answer for the same videos, subjects and scores.

    Raises:
        ValueError: naming the videos that only one of them has, or that they know differently.
    """
    known = [{item.recording: (item.subject, item.bdi) for item in items} for items in (ours, theirs)]
    told = [
        f"{len(only)} videos are estimated by {name} alone ({_some(only)})"
        for name, only in ((first, known[0].keys() - known[1].keys()), (second, known[1].keys() - known[0].keys()))
        if only
    ]
    both = known[0].keys() & known[1].keys()
    if changed := [name for name in both if known[0][name] != known[1][name]]:
        told.append(f"{len(changed)} videos have another score or subject in each ({_some(changed)})")
    if not both and not told:
        told.append("neither has a video with a score")
    if told:
        raise ValueError(
            f"{first} and {second} cannot be paired: {'; '.join(told)}. Only errors on the same videos can be compared"
        )


def paired(ours: Sequence[Estimate], theirs: Sequence[Estimate], resamples: int, seed: int) -> tuple[Paired, ...]:
    """RMSE and MAE of two lists of estimates of the same videos in the same order, and their differences."""
    truth = np.array([item.bdi for item in ours], np.float64)
    estimates = [np.array([item.estimate for item in items], np.float64) for items in (ours, theirs)]

    def error(figure: str, of: int) -> Callable[[Rows], float | None]:
        return lambda rows: ERRORS[figure](truth[rows], estimates[of][rows])

    def difference(figure: str) -> Callable[[Rows], float | None]:
        def found(rows: Rows) -> float | None:
            one, other = (error(figure, of)(rows) for of in (0, 1))
            return None if one is None or other is None else other - one

        return found

    statistics: dict[tuple[str, str], Callable[[Rows], float | None]] = {}
    for figure in ERRORS:
        statistics[figure, "first"], statistics[figure, "second"] = error(figure, 0), error(figure, 1)
        statistics[figure, "difference"] = difference(figure)
    found = intervals(statistics, [item.subject for item in ours], resamples, seed)
    return tuple(Paired(name, *(found[name, of] for of in ("first", "second", "difference"))) for name in ERRORS)


def _some(names: Sequence[str] | set[str]) -> str:
    return list_names(sorted(names), NAMED)
