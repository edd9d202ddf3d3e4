"""A value with its 95 % interval, and how it is written."""

from dataclasses import dataclass, field

LEVEL = 0.95


class NoIntervalError(ValueError):
    """The videos give no interval; the message says why."""


@dataclass(frozen=True)
class Interval:
    """The value of a metric with its 95 % interval.

    Attributes:
        value: over the videos.
        low: lower end of the interval; None if there is no interval.
        high: upper end of the interval; None likewise.
        why: why there is no interval; empty if there is one. It does not enter comparisons.
    """

    value: float
    low: float | None
    high: float | None
    why: str = field(default="", compare=False)


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


def format_count(interval: Interval) -> str:
    """Format a number of videos with its 95 % interval, whose ends are no whole numbers.

    Examples:
        >>> format_count(Interval(0, 0.0, 12.71)), format_count(Interval(2, None, None))
        ('0 (0.0 to 12.7)', '2')
    """
    ends = "" if interval.low is None else f" ({interval.low:.1f} to {interval.high:.1f})"
    return f"{interval.value:.0f}{ends}"
