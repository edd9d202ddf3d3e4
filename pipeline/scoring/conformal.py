"""How far from an estimate the score may be: split-conformal intervals from what was measured while fitting.

The half-width for a level is the ceil((n + 1) level)-th smallest of n absolute errors on recordings that were not
fitted (Papadopoulos and others, 2002; Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World, 2005). The
score of a new recording then lies within it, with at least this probability, whatever the network is worth, as long as
the errors of the n and of the new one are exchangeable.

Videos of one subject are alike, so a subject gives one error, of a recording drawn for them: exchangeable are subjects
(Dunn, Wasserman and Ramdas, Journal of the American Statistical Association 118, 2023, subsampling once). What does not
hold: that every single person, group or score is covered that often; that subjects met in fitting err like those who
were not; and, exactly, the promise itself where the same recordings chose the epoch that is kept. So the coverage that
the test partition shows stands beside it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.records.tables import write_rows
from pipeline.scoring.intervals import Interval, Rows, intervals
from pipeline.scoring.predictions import Prediction
from pipeline.scoring.subgroups import MODEL, Subgroup
from pipeline.scoring.summary import cell

COLUMNS = ("level", "calibrated", "half_width", "part", "videos", "subjects", "coverage", "low", "high")
LEVELS = (80, 90, 95)  # percent
PARTS = ("all", "seen", "unseen")


@dataclass(frozen=True)
class Conformal:
    """An interval about every estimate, and how often it holds the score.

    Attributes:
        level: percent of new subjects' recordings that it promises to hold.
        calibrated: subjects whose errors it comes from.
        half_width: in points of BDI-II; None where they are too few for the level.
        coverage: share of test videos that it holds, by part; none without a half-width.
    """

    level: int
    calibrated: int
    half_width: float | None
    coverage: Mapping[str, Interval]


def half_width(errors: Sequence[float], level: int) -> float | None:
    """The ceil((n + 1) level / 100)-th smallest of n absolute errors; None where that is more than n.

    >>> half_width([3.0, 1.0, 2.0, 4.0], level=80), half_width([3.0, 1.0, 2.0, 4.0], level=90)
    (4.0, None)
    """
    place = -(-(len(errors) + 1) * level // 100)  # in whole numbers, for 0.9 is none in binary
    return sorted(errors)[place - 1] if place <= len(errors) else None


def one_error_each(predictions: Sequence[Prediction], seed: int) -> list[float]:
    """The absolute error of one recording of each subject, drawn among theirs."""
    errors: dict[str, list[float]] = {}
    for item in sorted(predictions, key=lambda item: item.recording):
        if item.bdi is not None:
            errors.setdefault(item.subject, []).append(abs(item.bdi - item.estimate))
    random = np.random.default_rng(seed)
    return [found[random.integers(len(found))] for _, found in sorted(errors.items())]


def calibrate(validated: Sequence[Prediction], parts: Sequence[Subgroup], resamples: int, seed: int) -> list[Conformal]:
    """Intervals of every level from what was not fitted, and how often they hold in the parts that are tested."""
    errors = one_error_each(validated, seed)
    found = []
    for level in LEVELS:
        width = half_width(errors, level)
        tested = [part for part in parts if part.name in PARTS] if width is not None else []
        coverage = {part.name: _coverage(part, width or 0.0, resamples, seed) for part in tested}
        found.append(Conformal(level, len(errors), width, coverage))
    return found


def _coverage(part: Subgroup, width: float, resamples: int, seed: int) -> Interval:
    held = np.abs(part.truth - part.estimates[MODEL]) <= width

    def share(rows: Rows) -> float:
        return float(held[rows].mean())

    return intervals({"coverage": share}, part.subjects, resamples, seed)["coverage"]


def write_conformal(path: Path, found: Sequence[Conformal], parts: Sequence[Subgroup]) -> None:
    """Write a row a level and part; a level that needs more subjects has an empty half-width and no part."""
    by_name = {part.name: part for part in parts}
    rows: list[list[object]] = []
    for one in found:
        about = [f"{one.level / 100:g}", one.calibrated, cell(one.half_width)]
        for name, held in one.coverage.items():
            part = by_name[name]
            counts = [name, len(part.truth), len(set(part.subjects))]
            rows.append([*about, *counts, *map(cell, (held.value, held.low, held.high))])
        if not one.coverage:
            rows.append([*about, "", "", "", "", "", ""])
    write_rows(path, COLUMNS, rows)
