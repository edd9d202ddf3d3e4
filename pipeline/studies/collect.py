"""The rows of a study's table: one per grid point, over the seeds and folds of its experiments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from statistics import mean, stdev
from typing import Any

from pipeline.comparing.repeats import FOLD, SEEDS, Repeats, differing_keys, gather_repeats, read_run
from pipeline.comparing.seeded import seeded_value, seeds_of
from pipeline.comparing.variance import SeedVariance, pool
from pipeline.experiments.outcome import Outcome
from pipeline.scoring.metrics import METRICS
from pipeline.scoring.subgroups import ALL_SEEN_UNSEEN
from pipeline.statistics.interval import Interval
from pipeline.studies.definition import Point, Study

LENT = ("rmse", "mae", "pcc")  # metrics of which rows lend what seeds do
POWERS = {"rmse": 2, "mae": 1}  # of an error, which is averaged over videos
NOT_VALIDATED = float("inf")

Lent = Mapping[tuple[str, str], SeedVariance]


@dataclass(frozen=True)
class Spread:
    """A metric over one or more experiments.

    Attributes:
        value: of a single model, or the mean over several.
        low: the lower end of the 95 % interval, over subjects, and over seeds if they are known; None without interval.
        high: the upper end, likewise.
        values: of several models, in their order; empty of a single one.
        kind: what the models differ in: seeds, folds or runs.
    """

    value: float
    low: float | None = None
    high: float | None = None
    values: tuple[float, ...] = ()
    kind: str = "seeds"

    @property
    def deviation(self) -> float | None:
        """The standard deviation between several models (over n - 1); None of a single one."""
        return stdev(self.values) if len(self.values) > 1 else None


@dataclass(frozen=True)
class Row:
    """One row of the table of a study: the experiments that differ in the keys of `repeats` alone.

    Attributes:
        label: of the row.
        values: dotted keys and values of the grid point.
        outcomes: results of the finished experiments.
        repeats: number of experiments of the row in the study, finished or not.
        states: name (or values of `repeats`) and state of each experiment that is not finished: missing, queued,
            running or failed.
        lent: what seeds do to a single model in the rows with several, by metric and subgroup, on the metric's own
            scale; for a row with one model.
        grid: label of its grid; empty if it has none.
    """

    label: str
    values: Mapping[str, Any]
    outcomes: tuple[Outcome, ...]
    repeats: int
    states: tuple[tuple[str, str], ...]
    lent: Lent = field(default_factory=dict)
    grid: str = ""

    def metric(self, name: str, part: str = "all", estimator: str = "model") -> Spread | None:
        """Return a metric over the experiments that have it; None if none has it. See `Outcome.metric`."""
        intervals = [value for item in self.outcomes if (value := item.metric(name, part, estimator))]
        if not intervals:
            return None
        if estimator != "model":
            return self._of_labels_alone(name, part, estimator, intervals)
        computed = self._over_models(name, part) if len(self.outcomes) > 1 or self.lent else None
        return computed or _spread(intervals, self.kind)

    @property
    def kind(self) -> str:
        """What the experiments differ in: seeds, folds or runs."""
        differing = set(differing_keys([item.params for item in self.outcomes]))
        if differing == {FOLD}:
            return "folds"
        return "seeds" if differing and differing <= set(SEEDS) else "runs"

    @property
    def validation(self) -> Spread | None:
        """RMSE on the validation videos, without interval; None unless all experiments of the row have it."""
        values = [item.validation for item in self.outcomes if item.validation is not None]
        if len(values) < max(len(self.outcomes), 1):
            return None
        return _spread([Interval(value, None, None) for value in values], self.kind)

    @property
    def cost(self) -> Mapping[str, Any]:
        """Number of parameters and multiply-adds; empty if no experiment has them."""
        return next((item.complexity for item in self.outcomes if item.complexity), {})

    @cached_property
    def models(self) -> Repeats | None:
        """The models of the row on the same videos; folds are pooled.

        None if some estimates are not in DVC's cache, if experiments have other videos or scores, or if folds are not
        finished: the experiments then have no metric together.
        """
        if not self.outcomes or (self.has_folds and len(self.outcomes) < self.repeats):
            return None
        try:
            return gather_repeats(self.label, [read_run(item) for item in self.outcomes])
        except ValueError:
            return None

    @property
    def has_folds(self) -> bool:
        """Whether the experiments are of different folds."""
        return FOLD in differing_keys([item.params for item in self.outcomes])

    def _over_models(self, name: str, part: str) -> Spread | None:
        """Return a metric over the models with its interval; None if it cannot be computed anew."""
        if self.models is None or name not in METRICS:
            return None
        value = seeded_value(self.models.of_subgroup(part), METRICS[name], self.lent.get((name, part)))
        if value is None:
            return None
        values = value.values if len(value.values) > 1 else ()
        kind = "seeds" if set(self.models.varied) <= set(SEEDS) else "runs"
        return Spread(value.interval.value, value.interval.low, value.interval.high, values, kind)

    def _of_labels_alone(self, name: str, part: str, estimator: str, intervals: Sequence[Interval]) -> Spread:
        """Return a metric of an estimator of labels alone: seeds do not change it, and folds are pooled."""
        if all(item == intervals[0] for item in intervals):
            return _spread(intervals[:1], self.kind)
        counts = [entry.videos for item in self.outcomes if (entry := item.intervals.get((part, estimator, name)))]
        if name in POWERS and self.models and self.has_folds and len(counts) == len(intervals):
            power = POWERS[name]
            total = sum(count * item.value**power for count, item in zip(counts, intervals, strict=True))
            return Spread((total / sum(counts)) ** (1 / power))
        return _spread(intervals, self.kind)


def gather(points: Sequence[Point], results: Sequence[Outcome | tuple[str, str]]) -> list[Row]:
    """Gather the results of grid points into rows, in the order of the study.

    Args:
        points: of a study.
        results: the outcome of each point, or (name, state) if it is not finished.
    """
    rows = []
    for label in dict.fromkeys(point.row for point in points):
        pairs = [(point, result) for point, result in zip(points, results, strict=True) if point.row == label]
        outcomes = tuple(result for _, result in pairs if isinstance(result, Outcome))
        states = tuple(result for _, result in pairs if not isinstance(result, Outcome))
        first = pairs[0][0]
        rows.append(Row(label, first.values, outcomes, len(pairs), states, grid=first.grid))
    return lend(rows)


def lend(rows: Sequence[Row]) -> list[Row]:
    """Give the rows with one model what seeds do in the rows with several, if there are such rows."""
    several = [row.models for row in rows if len(row.outcomes) > 1 and row.models and len(row.models.models) > 1]
    pooled = {
        (name, part): pool([seeds for item in several if (seeds := seeds_of(item.of_subgroup(part), METRICS[name]))])
        for name in LENT
        for part in ALL_SEEN_UNSEEN
    }
    lent = {key: seeds for key, seeds in pooled.items() if seeds}
    return (
        [replace(row, lent=lent) if row.models and len(row.models.models) == 1 else row for row in rows]
        if lent
        else list(rows)
    )


def ranks(study: Study, rows: Sequence[Row]) -> list[int | None]:
    """Return the rank of each row by validation RMSE; all are None unless two rows have a validation RMSE.

    A row without validation RMSE has no rank: ranking by test metrics would choose on the test partition.
    """
    values = [row.validation.value if row.validation else NOT_VALIDATED for row in rows]
    if not study.ranked or sum(value < NOT_VALIDATED for value in values) < 2:
        return [None] * len(rows)
    return [1 + sum(other < value for other in values) if value < NOT_VALIDATED else None for value in values]


def _spread(metrics: Sequence[Interval], kind: str) -> Spread:
    """Return the metric of one experiment with its interval, or the mean over several without."""
    if len(metrics) == 1:
        return Spread(metrics[0].value, metrics[0].low, metrics[0].high)
    values = [item.value for item in metrics]
    return Spread(mean(values), values=tuple(values), kind=kind)
