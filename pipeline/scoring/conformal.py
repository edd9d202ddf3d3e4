"""Split-conformal prediction intervals around estimates, from the errors on validated recordings.

The half-width for a level is the ceil((n + 1) level)-th smallest of n absolute errors on recordings that were not
fitted (Papadopoulos and others, 2002; Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World, 2005). The
interval then contains the score of a new recording with at least this probability, however good the network is, as
long as the errors of the n recordings and of the new one are exchangeable.

Videos of one subject are alike, so each subject contributes one error, of a randomly drawn recording: subjects are
exchangeable (Dunn, Wasserman and Ramdas, Journal of the American Statistical Association 118, 2023, subsampling once).
A network may err less on people whom it was fitted to, so each promise has a calibration of its own: for new people
from validated subjects who were not fitted, for people met in fitting from those who were (Vovk, Conditional validity
of inductive conformal predictors, 2012). The official development partition of AVEC has both kinds.

Not guaranteed are: this coverage for every single person, group or score; and, strictly, the coverage itself if the
same recordings chose the epoch that is kept. So the coverage measured on the test partition is reported too, over
people who are not themselves among the validated ones.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np

from pipeline.records.tables import write_rows
from pipeline.scoring.prediction_tables import Prediction
from pipeline.scoring.summary import format_cell
from pipeline.statistics.interval import Interval
from pipeline.statistics.proportions import share_of

COLUMNS = ("level", "promise", "calibrated", "half_width", "videos", "subjects", "coverage", "low", "high")
LEVELS = (80, 90, 95)  # percent
PROMISES = {"new people": False, "people met in fitting": True}  # whether the people of the promise were fitted


@runtime_checkable
class Estimated(Protocol):
    """A recording with an estimate, and with its score if that is known."""

    @property
    def recording(self) -> str:
        """The id of the recording."""

    @property
    def subject(self) -> str:
        """The person in it."""

    @property
    def score(self) -> float | None:
        """The score, in points."""

    @property
    def estimate(self) -> float:
        """The estimate, in points."""


@dataclass(frozen=True)
class Conformal:
    """The prediction interval of one level for one kind of people, and its coverage on the test partition.

    Attributes:
        level: percent of these people whose score it contains at least.
        promise: the people, a name of `PROMISES`.
        calibration_subjects: number of subjects whose errors it is computed from.
        half_width: in points; None if there are too few subjects for the level.
        videos: number of test videos of such people.
        subjects: number of such people in the test partition.
        coverage: share of these videos whose score it contains; None without a half-width or videos.
    """

    level: int
    promise: str
    calibration_subjects: int
    half_width: float | None
    videos: int
    subjects: int
    coverage: Interval | None


def half_width(errors: Sequence[float], level: int) -> float | None:
    """Return the ceil((n + 1) level / 100)-th smallest of n absolute errors; None if that rank is more than n.

    Examples:
        >>> half_width([3.0, 1.0, 2.0, 4.0], level=80), half_width([3.0, 1.0, 2.0, 4.0], level=90)
        (4.0, None)
    """
    rank = -(-(len(errors) + 1) * level // 100)  # in integers, because 0.9 has no exact binary form
    return sorted(errors)[rank - 1] if rank <= len(errors) else None


def one_error_per_subject(predictions: Sequence[Estimated], seed: int) -> list[float]:
    """Return the absolute error of one recording of each subject, drawn at random."""
    errors_by_subject: dict[str, list[float]] = {}
    for item in sorted(predictions, key=lambda item: item.recording):
        if item.score is not None:
            errors_by_subject.setdefault(item.subject, []).append(abs(item.score - item.estimate))
    random = np.random.default_rng(seed)
    return [errors[random.integers(len(errors))] for _, errors in sorted(errors_by_subject.items())]


def calibrate(
    validated: Sequence[Prediction], tested: Sequence[Prediction], fitted: Set[str], seed: int
) -> list[Conformal]:
    """Compute the prediction interval of every level, for each kind of people among the validated subjects.

    Args:
        validated: predictions of recordings that were not fitted.
        tested: predictions of the test partition; those without a score or a clip have no interval.
        fitted: the subjects of the fitted recordings.
        seed: of the draws of recordings.
    """
    validated_subjects = {item.subject for item in validated}
    fresh = [
        item for item in tested if item.score is not None and item.clips and item.subject not in validated_subjects
    ]
    results = []
    for promise, met in PROMISES.items():
        errors = one_error_per_subject([item for item in validated if (item.subject in fitted) == met], seed)
        own = [item for item in fresh if (item.subject in fitted) == met]
        results += [_of_level(level, promise, errors, own) for level in LEVELS if errors]
    return results


def _of_level(level: int, promise: str, errors: Sequence[float], tested: Sequence[Prediction]) -> Conformal:
    width = half_width(errors, level)
    coverage = _coverage(tested, width) if tested and width is not None else None
    subjects = len({item.subject for item in tested})
    return Conformal(level, promise, len(errors), width, len(tested), subjects, coverage)


def _coverage(tested: Sequence[Prediction], width: float) -> Interval | None:
    covered = np.array([item.score is not None and abs(item.score - item.estimate) <= width for item in tested])
    return share_of(covered).interval([item.subject for item in tested])


def write_conformal(path: Path, results: Sequence[Conformal]) -> None:
    """Write one row per promise and level; a level that needs more subjects has no half-width."""
    write_rows(path, COLUMNS, map(_cells, results))


def _cells(result: Conformal) -> list[object]:
    interval = result.coverage
    ends = (None, None, None) if interval is None else (interval.value, interval.low, interval.high)
    level = [f"{result.level / 100:g}", result.promise, result.calibration_subjects, format_cell(result.half_width)]
    return [*level, result.videos, result.subjects, *map(format_cell, ends)]
