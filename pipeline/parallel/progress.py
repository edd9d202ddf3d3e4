"""Progress of long work: items finished, speed, and remaining time, as a bar on a terminal or as log lines.

Recordings last from seconds to half an hour, so the number of items says little: the remaining time is estimated from
the work of each item (frames, bytes, images).
"""

import logging
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
from rich.text import Text

from pipeline.runtime.console import plain_console

logger = logging.getLogger(__name__)
LOG_INTERVAL = 30.0  # minimum seconds between two log lines
Advance = Callable[[int, bool], None]


class WorkProgress:
    """Counts finished items and estimates the speed and the remaining time.

    Attributes:
        label: the activity: `aligning`.
        plural: what the items are: `recordings`.
        unit: of the work: `frames`; if empty, no speed is shown.
        items: the number of items.
        ended: the number of items that succeeded or failed.
    """

    def __init__(self, label: str, works: Sequence[float], plural: str = "items", unit: str = "") -> None:
        """Start with no item ended; `works` holds the amount of work of each item."""
        self.label, self.plural, self.unit = label, plural, unit
        self.items, self.ended = len(works), 0
        self._works, self._remaining, self._done, self._last_end = works, float(sum(works)), 0.0, 0.0

    def end(self, number: int, succeeded: bool, seconds: float) -> None:
        """Count an item that ended `seconds` after the start; a failed one does not count towards the speed."""
        self.ended += 1
        self._remaining -= self._works[number]
        if succeeded:
            self._done += self._works[number]
        self._last_end = seconds

    def speed(self) -> float | None:
        """Return the work per second up to the item that ended last, or None if no item has succeeded."""
        return self._done / self._last_end if self._done > 0 and self._last_end > 0 else None

    def seconds_left(self, seconds: float) -> float | None:
        """Return the remaining seconds, `seconds` after the start, or None if no item has succeeded."""
        speed = self.speed()
        return None if speed is None else max(self._remaining / speed - (seconds - self._last_end), 0.0)

    def summary(self, seconds: float) -> str:
        """Return the progress `seconds` after the start: `12/300 recordings, 830 frames/s, 1:02:10 left`."""
        speed, left = self.speed(), self.seconds_left(seconds)
        parts = [f"{self.ended}/{self.items} {self.plural}"]
        if self.unit and speed is not None:
            parts.append(format_rate(speed, self.unit))
        if self.ended == self.items:
            parts.append(f"took {format_duration(seconds)}")
        elif left is not None:
            parts.append(f"{format_duration(left)} left")
        return ", ".join(parts)


def format_duration(seconds: float) -> str:
    """Return hours, minutes and seconds, rounded to whole seconds.

    Examples:
        >>> format_duration(3729.6)
        '1:02:10'
    """
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def format_rate(speed: float, unit: str) -> str:
    """Return units per second to three digits; bytes with a decimal prefix.

    Examples:
        >>> format_rate(0.4567, "images"), format_rate(1234.5, "frames"), format_rate(45_200_000, "bytes")
        ('0.457 images/s', '1,234 frames/s', '45.2 MB/s')
    """
    if unit == "bytes":
        power = next((power for power in (4, 3, 2, 1) if speed >= 1000**power), 0)
        speed, unit = speed / 1000**power, ("B", "kB", "MB", "GB", "TB")[power]
    return f"{speed:,.0f} {unit}/s" if speed >= 100 else f"{speed:.3g} {unit}/s"


@contextmanager
def show_progress(progress: WorkProgress) -> Iterator[Advance]:
    """Show the progress of the work in the block.

    Yields:
        A function to call whenever an item ends, with the number of the item and whether it succeeded.
    """
    start = time.monotonic()
    if sys.stderr.isatty():
        columns = (TextColumn("{task.description}", markup=False), BarColumn(), _SummaryColumn(progress, start))
        with Progress(*columns, console=plain_console(stderr=True)) as bars:
            bar = bars.add_task(progress.label, total=progress.items)

            def advance(number: int, succeeded: bool) -> None:
                progress.end(number, succeeded, time.monotonic() - start)
                bars.advance(bar)

            yield advance
    else:
        yield _log_lines(progress, logger.info, lambda: time.monotonic() - start)


def _log_lines(progress: WorkProgress, log: Callable[[str], None], seconds: Callable[[], float]) -> Advance:
    """Log a line after the last item, and before it at most one every 30 seconds."""
    last_line = 0.0

    def advance(number: int, succeeded: bool) -> None:
        nonlocal last_line
        now = seconds()
        progress.end(number, succeeded, now)
        if progress.ended == progress.items or now - last_line >= LOG_INTERVAL:
            last_line = now
            log(f"{progress.label}: {progress.summary(now)}")

    return advance


class _SummaryColumn(ProgressColumn):
    """The summary of a `WorkProgress`, after the bar."""

    def __init__(self, progress: WorkProgress, start: float) -> None:
        super().__init__()
        self.progress, self.start = progress, start

    def render(self, task: Task) -> Text:
        return Text(self.progress.summary(time.monotonic() - self.start))
