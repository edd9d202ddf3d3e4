"""What planted cue a pipeline finds in footage, and how often: a power analysis on the user's own recordings.

A corpus is planted anew in each draw: other scores, for the same people. Its cue is found if the 95 % interval of
Pearson's r over subjects lies above 0. The share of draws in which it is found is the power. The share that endless
draws would give has an exact binomial interval (Clopper and Pearson, 1934). All draws have the same people, so the
power is that of a study with these people, not with others like them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.experiments.dotted_keys import value_at
from pipeline.planting.pace import slowing
from pipeline.severity.scale import SeverityScale
from pipeline.simulation.cohort import severity_of
from pipeline.statistics.interval import Interval
from pipeline.statistics.proportions import clopper_pearson
from pipeline.statistics.scales import FISHER_Z, LOG
from pipeline.studies.collect import Row
from pipeline.studies.definition import Study
from pipeline.studies.mean import mean_interval

POWER = 0.8  # share of draws in which a cue must be found, as is usual in planning a study
POINTS = 10  # of the scale, over which a slowing is told


@dataclass(frozen=True)
class Draw:
    """The result on one planted corpus.

    Attributes:
        r: Pearson's r with its 95 % interval over subjects; None if it is not defined, because all estimates are equal.
        ratio: the RMSE over that of the constant; below 1 is better than the constant.
    """

    r: Interval | None
    ratio: float

    @property
    def is_found(self) -> bool:
        """Whether the interval of r lies above 0."""
        return self.r is not None and self.r.low is not None and self.r.low > 0


@dataclass(frozen=True)
class PowerPoint:
    """The results at one cue.

    Attributes:
        cue: that was planted.
        slowing: how much slower a face is per 10 points of the scale, as a share.
        draws: results of the finished draws.
        wanted: number of draws in the study, finished or not.
    """

    cue: float
    slowing: float
    draws: tuple[Draw, ...]
    wanted: int

    @property
    def found(self) -> int:
        """Number of draws in which the cue is found."""
        return sum(draw.is_found for draw in self.draws)

    @property
    def power(self) -> Interval:
        """The share of draws in which it is found, with the exact 95 % interval of that of endless draws."""
        return Interval(self.found / len(self.draws), *clopper_pearson(self.found, len(self.draws)))

    @property
    def r(self) -> Interval | None:
        """The mean r over the draws on Fisher's scale, with its 95 % interval over draws; None if a draw has none."""
        values = [draw.r for draw in self.draws if draw.r]
        if len(values) < len(self.draws):
            return None
        return values[0] if len(values) == 1 else mean_interval([item.value for item in values], scale=FISHER_Z)

    @property
    def ratio(self) -> Interval:
        """The mean of RMSE over the constant's on the log scale, likewise; of a single draw without an interval."""
        values = [draw.ratio for draw in self.draws]
        return mean_interval(values, scale=LOG) if len(values) > 1 else Interval(values[0], None, None)


@dataclass(frozen=True)
class PowerCurve:
    """The results of one estimator over the cues.

    Attributes:
        label: of its grid in the study.
        points: with at least one finished draw, by rising cue.
    """

    label: str
    points: tuple[PowerPoint, ...]

    @property
    def smallest(self) -> PowerPoint | None:
        """The point of the smallest cue that is found often enough, as is every larger one; None if there is none."""
        smallest = None
        for point in reversed(self.points):
            if point.cue == 0 or point.power.value < POWER:
                break
            smallest = point
        return smallest


def power_curves(study: Study, rows: Sequence[Row]) -> list[PowerCurve]:
    """Return a curve for each grid; none unless the study has `draws`, and a draw is finished."""
    if study.draws is None:
        return []
    points: dict[str, list[PowerPoint]] = {}
    for row in rows:
        if point := _point(study, row):
            points.setdefault(row.grid, []).append(point)
    return [PowerCurve(label, tuple(sorted(own, key=lambda item: item.cue))) for label, own in points.items()]


def _point(study: Study, row: Row) -> PowerPoint | None:
    """Return the results of a row; None if no draw is finished."""
    wanted = _count_draws(study, row)
    draws = _draws(study, row, row.repeats // wanted)
    if not draws:
        return None
    outcome = row.outcomes[0]
    cue = float(str(value_at(outcome.params, study.x or "")))
    return PowerPoint(cue, slowing(cue, _severity_of_points(outcome.scale)), draws, wanted)


def _draws(study: Study, row: Row, experiments: int) -> tuple[Draw, ...]:
    """Return the result of each draw whose experiments, of all folds and seeds, are finished."""
    groups: dict[object, list[int]] = {}
    for number, outcome in enumerate(row.outcomes):
        groups.setdefault(value_at(outcome.params, study.draws or ""), []).append(number)
    draws = []
    for own in groups.values():
        if len(own) < experiments:
            continue
        part = replace(row, outcomes=tuple(row.outcomes[number] for number in own), repeats=experiments, states=())
        if len(own) > 1 and part.models is None:  # without the estimates of all folds there is no r over all videos
            continue
        r, rmse, constant = part.metric("pcc"), part.metric("rmse"), part.metric("rmse", estimator="constant")
        if rmse and constant:
            draws.append(Draw(Interval(r.value, r.low, r.high) if r else None, rmse.value / constant.value))
    return tuple(draws)


def _count_draws(study: Study, row: Row) -> int:
    """Return the number of draws that a row has when it is finished."""
    grid = next(grid for grid in study.grids if (grid.label or "") == row.grid)
    return len(grid.values.get(study.draws or "", [None]))


def _severity_of_points(scale: SeverityScale) -> float:
    """Return the difference in severity that 10 points of the scale are."""
    return severity_of(scale.lowest + POINTS, scale)
