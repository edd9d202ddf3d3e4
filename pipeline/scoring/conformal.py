"""Split-conformal prediction intervals around estimates, from the errors on validated recordings.

The half-width for a level is the ceil((n + 1) level)-th smallest of n absolute errors on recordings that were not
fitted (Papadopoulos and others, 2002; Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World, 2005). The
interval then contains the score of a new recording with at least this probability, however good the network is, as
long as the errors of the n recordings and of the new one are exchangeable.

Videos of one subject are alike, so each subject contributes one error, of a randomly drawn recording: subjects are
exchangeable (Dunn, Wasserman and Ramdas, Journal of the American Statistical Association 118, 2023, subsampling once).
Not guaranteed are: this coverage for every single person, group or score; that subjects met in fitting have errors like
those of others; and, strictly, the coverage itself if the same recordings chose the epoch that is kept. So the coverage
measured on the test partition is reported too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.records.tables import write_rows
from pipeline.scoring.intervals import Interval, Rows, intervals
from pipeline.scoring.prediction_tables import Prediction
from pipeline.scoring.subgroups import MODEL, Subgroup
from pipeline.scoring.summary import format_cell

COLUMNS = ("level", "calibrated", "half_width", "subgroup", "videos", "subjects", "coverage", "low", "high")
LEVELS = (80, 90, 95)  # percent
SUBGROUPS = ("all", "seen", "unseen")  # for which coverage is measured


@dataclass(frozen=True)
class Conformal:
    """The prediction interval of one level, and its coverage on the test partition.

    Attributes:
        level: percent of new subjects' recordings whose score it contains at least.
        calibration_subjects: number of subjects whose errors it is computed from.
        half_width: in points of BDI-II; None if there are too few subjects for the level.
        coverage: share of the test videos whose score it contains, by subgroup; empty without a half-width.
    """

    level: int
    calibration_subjects: int
    half_width: float | None
    coverage: Mapping[str, Interval]


def half_width(errors: Sequence[float], level: int) -> float | None:
    """Return the ceil((n + 1) level / 100)-th smallest of n absolute errors; None if that rank is more than n.

    Examples:
        >>> half_width([3.0, 1.0, 2.0, 4.0], level=80), half_width([3.0, 1.0, 2.0, 4.0], level=90)
        (4.0, None)
    """
    rank = -(-(len(errors) + 1) * level // 100)  # in integers, because 0.9 has no exact binary form
    return sorted(errors)[rank - 1] if rank <= len(errors) else None


def one_error_per_subject(predictions: Sequence[Prediction], seed: int) -> list[float]:
    """Return the absolute error of one recording of each subject, drawn at random."""
    errors_by_subject: dict[str, list[float]] = {}
    for item in sorted(predictions, key=lambda item: item.recording):
        if item.bdi is not None:
            errors_by_subject.setdefault(item.subject, []).append(abs(item.bdi - item.estimate))
    random = np.random.default_rng(seed)
    return [errors[random.integers(len(errors))] for _, errors in sorted(errors_by_subject.items())]


def calibrate(
    validated: Sequence[Prediction], subgroups: Sequence[Subgroup], resamples: int, seed: int
) -> list[Conformal]:
    """Compute the prediction interval of every level, and its coverage in subgroups of the test partition.

    Args:
        validated: predictions of recordings that were not fitted.
        subgroups: of the test partition.
        resamples: of the bootstrap of the coverage.
        seed: of all draws.
    """
    errors = one_error_per_subject(validated, seed)
    results = []
    for level in LEVELS:
        width = half_width(errors, level)
        tested = [subgroup for subgroup in subgroups if subgroup.name in SUBGROUPS] if width is not None else []
        coverage = {subgroup.name: _coverage(subgroup, width or 0.0, resamples, seed) for subgroup in tested}
        results.append(Conformal(level, len(errors), width, coverage))
    return results


def _coverage(subgroup: Subgroup, width: float, resamples: int, seed: int) -> Interval:
    covered = np.abs(subgroup.truth - subgroup.estimates[MODEL]) <= width

    def share(rows: Rows) -> float:
        return float(covered[rows].mean())

    return intervals({"coverage": share}, subgroup.subjects, resamples, seed)["coverage"]


def write_conformal(path: Path, results: Sequence[Conformal], subgroups: Sequence[Subgroup]) -> None:
    """Write one row per level and subgroup; a level that needs more subjects has one row without half-width."""
    by_name = {subgroup.name: subgroup for subgroup in subgroups}
    rows: list[list[object]] = []
    for result in results:
        level = [f"{result.level / 100:g}", result.calibration_subjects, format_cell(result.half_width)]
        for name, coverage in result.coverage.items():
            subgroup = by_name[name]
            counts = [name, len(subgroup.truth), len(set(subgroup.subjects))]
            rows.append([*level, *counts, *map(format_cell, (coverage.value, coverage.low, coverage.high))])
        if not result.coverage:
            rows.append([*level, "", "", "", "", "", ""])
    write_rows(path, COLUMNS, rows)
