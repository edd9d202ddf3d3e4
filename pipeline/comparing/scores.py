"""The paired difference between the errors of two experiments on the same videos.

Both models estimate the same subjects, so whatever makes a subject difficult affects both errors and cancels in their
difference: its interval over subjects is far narrower than those of the two errors, and overlap of those says nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.experiments.repository import find_experiment
from pipeline.experiments.scored_estimates import read_estimates
from pipeline.name_list import list_names
from pipeline.records.predictions import ScoredEstimate
from pipeline.scoring.metrics import ERRORS
from pipeline.statistics.interval import Interval
from pipeline.statistics.statistic import Statistic, difference, intervals

MAX_NAMES = 5  # videos named in an error message


@dataclass(frozen=True)
class PairedError:
    """One error metric of two experiments on the same videos.

    Attributes:
        metric: rmse or mae, in points.
        first: the value of the first experiment, with its 95 % interval.
        second: the value of the second experiment.
        difference: second minus first; below 0 the second experiment is better.
    """

    metric: str
    first: Interval
    second: Interval
    difference: Interval

    @property
    def inside_noise(self) -> bool | None:
        """Whether the interval of the difference contains 0; None if there is no interval."""
        if self.difference.low is None or self.difference.high is None:
            return None
        return self.difference.low <= 0 <= self.difference.high


@dataclass(frozen=True)
class Comparison:
    """The errors of two experiments on the same videos.

    Attributes:
        first: name of the first experiment.
        second: name of the second experiment.
        videos: number of videos.
        subjects: number of subjects in them.
        errors: rmse and mae.
    """

    first: str
    second: str
    videos: int
    subjects: int
    errors: tuple[PairedError, ...]


def compare(first: str, second: str) -> Comparison:
    """Compare the errors of two experiments.

    Args:
        first: name of an experiment, any Git revision, or `workspace`.
        second: likewise.

    Raises:
        ValueError: if an experiment does not exist or has no estimates, or if their videos or scores differ; the
            message names the videos.
    """
    first_estimates, second_estimates = read_estimates(find_experiment(first)), read_estimates(find_experiment(second))
    check_same_videos(first, first_estimates, second, second_estimates)
    return Comparison(
        first,
        second,
        len(first_estimates),
        len({item.subject for item in first_estimates}),
        paired_errors(first_estimates, second_estimates),
    )


def check_same_videos(
    first: str, first_estimates: Sequence[ScoredEstimate], second: str, second_estimates: Sequence[ScoredEstimate]
) -> None:
    """Check that two experiments estimate the same videos, with the same subjects and scores.

    Raises:
        ValueError: naming the videos that only one of them has, or that differ in subject or score.
    """
    labels = [
        {item.recording: (item.subject, item.bdi) for item in items} for items in (first_estimates, second_estimates)
    ]
    problems = [
        f"{len(only)} videos are estimated by {name} alone ({_list(only)})"
        for name, only in ((first, labels[0].keys() - labels[1].keys()), (second, labels[1].keys() - labels[0].keys()))
        if only
    ]
    common = labels[0].keys() & labels[1].keys()
    if changed := [name for name in common if labels[0][name] != labels[1][name]]:
        problems.append(f"{len(changed)} videos have another score or subject in each ({_list(changed)})")
    if not common and not problems:
        problems.append("neither has a video with a score")
    if problems:
        raise ValueError(
            f"{first} and {second} cannot be paired: {'; '.join(problems)}. Only errors on the same videos can be "
            "compared"
        )


def paired_errors(
    first_estimates: Sequence[ScoredEstimate], second_estimates: Sequence[ScoredEstimate]
) -> tuple[PairedError, ...]:
    """Return RMSE and MAE of two lists of estimates of the same videos in the same order, and their differences."""
    truth = np.array([item.bdi for item in first_estimates], np.float64)
    estimates = [
        np.array([item.estimate for item in items], np.float64) for items in (first_estimates, second_estimates)
    ]

    statistics: dict[tuple[str, str], Statistic] = {}
    for name, metric in ERRORS.items():
        of_first, of_second = (metric.of(truth, estimate) for estimate in estimates)
        statistics[name, "first"], statistics[name, "second"] = of_first, of_second
        statistics[name, "difference"] = difference(of_second, of_first)
    values = intervals(statistics, [item.subject for item in first_estimates])
    return tuple(
        PairedError(metric, *(values[metric, name] for name in ("first", "second", "difference"))) for metric in ERRORS
    )


def _list(names: Sequence[str] | set[str]) -> str:
    return list_names(sorted(names), MAX_NAMES)
