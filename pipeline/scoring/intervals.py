"""95 % intervals of metrics, by the bootstrap over subjects.

The videos of one subject are alike and so are not independent draws: subjects are resampled, and a drawn subject brings
all of their videos (the cluster bootstrap; Davison and Hinkley, Bootstrap Methods and their Application, 1997,
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
    """The value of a metric with its 95 % interval.

    Attributes:
        value: over the videos, without resampling.
        low: lower end of the interval; None if there are fewer than two subjects, and so no interval.
        high: upper end of the interval; None likewise.
    """

    value: float
    low: float | None
    high: float | None


def format_interval(interval: Interval, missing: str = "") -> str:
    """Format a value with its 95 % interval, to two decimals.

    Args:
        interval: the value and its interval.
        missing: the text in the brackets if there is no interval; if empty, the brackets are left out.

    Examples:
        >>> format_interval(Interval(7.9, 7.0, 8.8)), format_interval(Interval(7.9, None, None))
        ('7.90 (7.00 to 8.80)', '7.90')
        >>> format_interval(Interval(7.9, None, None), missing="no interval")
        '7.90 (no interval)'
    """
    ends = missing if interval.low is None else f"{interval.low:.2f} to {interval.high:.2f}"
    return f"{interval.value:.2f}" + (f" ({ends})" if ends else "")


def resample_subjects(subjects: Sequence[str], resamples: int, seed: int) -> Iterator[Rows]:
    """Yield the rows of the videos of resampled subjects: as many subjects as there are, drawn with replacement.

    Args:
        subjects: the subject of each video.
        resamples: number of draws.
        seed: of the draws.
    """
    names = np.array(subjects)
    rows = [np.flatnonzero(names == name) for name in np.unique(names)]
    generator = np.random.default_rng(seed)
    for _ in range(resamples):
        sample = generator.integers(len(rows), size=len(rows))
        yield np.concatenate([rows[subject] for subject in sample])


def intervals(
    statistics: Mapping[Name, Statistic], subjects: Sequence[str], resamples: int, seed: int
) -> dict[Name, Interval]:
    """Compute statistics with their intervals, all on the same resamples, so that differences are paired.

    A statistic that the videos do not define (a correlation where nothing varies) is left out. A resample that does not
    define a statistic is left out of its percentiles.

    Args:
        statistics: each a function of the rows of videos.
        subjects: the subject of each video.
        resamples: number of resamples.
        seed: of the resamples.
    """
    all_rows = np.arange(len(subjects))
    values = {name: value for name, statistic in statistics.items() if (value := statistic(all_rows)) is not None}
    resampled_values: dict[Name, list[float]] = {name: [] for name in values}
    if len(set(subjects)) > 1:
        for rows in resample_subjects(subjects, resamples, seed):
            for name, samples in resampled_values.items():
                if (sample := statistics[name](rows)) is not None:
                    samples.append(sample)
    return {name: Interval(value, *_ends(resampled_values[name])) for name, value in values.items()}


def _ends(samples: Sequence[float]) -> tuple[float, float] | tuple[None, None]:
    if not samples:
        return None, None
    low, high = np.percentile(samples, PERCENTILES)
    return float(low), float(high)
