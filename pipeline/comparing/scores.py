"""The paired difference between the errors of two sides on the same videos; one experiment or several repeats each.

Both sides estimate the same subjects, so whatever makes a subject difficult affects both errors and cancels in their
difference: its interval is far narrower than those of the two errors, and overlap of those says nothing.
"""

from dataclasses import dataclass
from itertools import chain

from pipeline.comparing.repeats import FOLD, SEEDS, Repeats, differing_keys, gather_repeats, read_run
from pipeline.comparing.seeded import seeded_difference, seeded_value, seeds_of
from pipeline.comparing.variance import pool
from pipeline.comparing.videos import check_same_videos
from pipeline.experiments.outcome import read_outcome
from pipeline.experiments.repository import find_experiment
from pipeline.name_list import list_names
from pipeline.scoring.metrics import ERRORS
from pipeline.statistics.interval import Interval
from pipeline.statistics.scales import IDENTITY

SEPARATOR = ","  # between the experiments of a side


@dataclass(frozen=True)
class PairedError:
    """One error metric of two sides on the same videos.

    Attributes:
        metric: rmse or mae, in points.
        first: the value of the first side (of several models the mean), with its 95 % interval.
        second: the value of the second side.
        difference: second minus first; below 0 the second side is better.
        first_values: of the single models of the first side.
        second_values: likewise.
    """

    metric: str
    first: Interval
    second: Interval
    difference: Interval
    first_values: tuple[float, ...]
    second_values: tuple[float, ...]

    @property
    def contains_zero(self) -> bool | None:
        """Whether the interval of the difference contains 0; None if there is no interval."""
        if self.difference.low is None or self.difference.high is None:
            return None
        return self.difference.low <= 0 <= self.difference.high


@dataclass(frozen=True)
class Comparison:
    """The errors of two sides on the same videos.

    Attributes:
        first: name of the first side.
        second: name of the second side.
        models: number of models of the first and of the second side.
        varied: the seeds that differ within a side; empty if no side has repeats, so that the noise of training is not
            in the intervals.
        videos: number of videos.
        subjects: number of subjects in them.
        errors: rmse and mae.
    """

    first: str
    second: str
    models: tuple[int, int]
    varied: tuple[str, ...]
    videos: int
    subjects: int
    errors: tuple[PairedError, ...]

    def inside_noise(self, error: PairedError) -> bool | None:
        """Whether the noise of other subjects and other seeds explains a difference; None if that is not known.

        Where seeds were not varied, the noise is larger than the interval: it can be seen that a difference is inside,
        and not that it is outside.
        """
        return error.contains_zero if error.contains_zero or self.varied else None


def compare(first: str, second: str) -> Comparison:
    """Compare the errors of two sides.

    Args:
        first: names of experiments, Git revisions or `workspace`; several are repeats, separated by commas.
        second: likewise.

    Raises:
        ValueError: if an experiment does not exist or has no estimates, if the experiments of a side are no repeats of
            one configuration, or if videos or scores differ; the message names them.
    """
    sides = [read_side(names) for names in (first, second)]
    return compare_sides(*sides)


def read_side(names: str) -> Repeats:
    """Read the repeats of a side.

    Args:
        names: of experiments, separated by commas.

    Raises:
        ValueError: see `compare`.
    """
    chosen = [name.strip() for name in names.split(SEPARATOR) if name.strip()]
    runs = [read_run(read_outcome(find_experiment(name))) for name in chosen]
    if not runs:
        raise ValueError(f"{names!r}: no name of an experiment; allowed: one or more, separated by commas")
    others = [key for key in differing_keys([run.params for run in runs]) if key not in (*SEEDS, FOLD)]
    if others:
        raise ValueError(
            f"{list_names([run.name for run in runs], len(runs))} are no repeats of one configuration: they differ in "
            f"{list_names(others, len(others))}; allowed: differences in {list_names([*SEEDS, FOLD], len(SEEDS) + 1)}"
        )
    further = f" and {len(runs) - 1} more" if len(runs) > 1 else ""
    return gather_repeats(f"{runs[0].name}{further}", runs)


def compare_sides(first: Repeats, second: Repeats) -> Comparison:
    """Compare the errors of two sides; what seeds do to a side without repeats is taken from the other one.

    Raises:
        ValueError: if videos or scores differ; the message names them.
    """
    check_same_videos(first.name, first.videos, second.name, second.videos)
    has_repeats = any(len(item.models) > 1 for item in (first, second))
    return Comparison(
        first.name,
        second.name,
        (len(first.models), len(second.models)),
        tuple(dict.fromkeys(chain(first.varied, second.varied))) if has_repeats else (),
        len(first.videos),
        len(set(first.subjects)),
        tuple(error for name in ERRORS if (error := _paired_error(name, first, second))),
    )


def _paired_error(name: str, first: Repeats, second: Repeats) -> PairedError | None:
    metric = ERRORS[name]
    lent = pool([seeds for item in (first, second) if (seeds := seeds_of(item, metric))])
    values = [seeded_value(item, metric, lent) for item in (first, second)]
    lent_in_points = pool([seeds for item in (first, second) if (seeds := seeds_of(item, metric, IDENTITY))])
    difference = seeded_difference(first, second, metric, lent_in_points)
    if values[0] is None or values[1] is None or difference is None:
        return None
    return PairedError(
        name, values[0].interval, values[1].interval, difference.interval, values[0].values, values[1].values
    )
