"""How sure a figure is: 95 % intervals by the bootstrap over subjects.

The videos of one subject are alike, so videos are no independent draws: subjects are resampled, and all videos of a
drawn subject come along (the cluster bootstrap; Davison and Hinkley, Bootstrap Methods and their Application, 1997,
section 3.8). Intervals are percentiles.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from jaxtyping import Int

PERCENTILES = (2.5, 97.5)

Rows = Int[np.ndarray, " rows"]
Name = TypeVar("Name", bound=Hashable)
Statistic = Callable[[Rows], float | None]  # of the videos in these rows; a row may occur several times


@dataclass(frozen=True)
class Interval:
    """A figure with its 95 % interval.

    Attributes:
        value: of the videos as they are.
        low: the lower end; None where there is no interval, for there are fewer than two subjects.
        high: the upper end, likewise.
    """

    value: float
    low: float | None
    high: float | None


def format_interval(interval: Interval, missing: str = "") -> str:
    """Format a value with its 95 % interval, to two decimals.

    Args:
        interval: the value and its interval.
        missing: what stands in the brackets without an interval; if empty, the brackets are left out.

    >>> format_interval(Interval(7.9, 7.0, 8.8)), format_interval(Interval(7.9, None, None))
    ('7.90 (7.00 to 8.80)', '7.90')
    >>> format_interval(Interval(7.9, None, None), missing="no interval")
    '7.90 (no interval)'
    """
    ends = missing if interval.low is None else f"{interval.low:.2f} to {interval.high:.2f}"
    return f"{interval.value:.2f}" + (f" ({ends})" if ends else "")


def resampled(subjects: Sequence[str], resamples: int, seed: int) -> Iterator[Rows]:
    """Draw as many subjects as there are, with replacement, and yield the rows of their videos; `resamples` times.

    Args:
        subjects: the subject of each video.
        resamples: how often.
        seed: equal seeds give equal draws.
    """
    names = np.array(subjects)
    rows = [np.flatnonzero(names == name) for name in np.unique(names)]
    generator = np.random.default_rng(seed)
    for _ in range(resamples):
        drawn = generator.integers(len(rows), size=len(rows))
        yield np.concatenate([rows[subject] for subject in drawn])


def intervals(
    statistics: Mapping[Name, Statistic], subjects: Sequence[str], resamples: int, seed: int
) -> dict[Name, Interval]:
    """Compute figures with their intervals, all on the same draws, so that a difference of two is a paired one.

    A resample that does not define a figure (a correlation where nothing varies) is left out of its percentiles, and
    so is a figure that the videos themselves do not define.

    Args:
        statistics: each a function of the rows of videos.
        subjects: the subject of each video.
        resamples: how many.
        seed: of the draws.
    """
    everything = np.arange(len(subjects))
    values = {name: value for name, of in statistics.items() if (value := of(everything)) is not None}
    outcomes: dict[Name, list[float]] = {name: [] for name in values}
    if len(set(subjects)) > 1:
        for rows in resampled(subjects, resamples, seed):
            for name, found in outcomes.items():
                if (outcome := statistics[name](rows)) is not None:
                    found.append(outcome)
    return {name: Interval(value, *_ends(outcomes[name])) for name, value in values.items()}


def _ends(outcomes: Sequence[float]) -> tuple[float, float] | tuple[None, None]:
    if not outcomes:
        return None, None
    low, high = np.percentile(outcomes, PERCENTILES)
    return float(low), float(high)
