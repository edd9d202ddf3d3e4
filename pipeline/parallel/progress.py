"""How far long work has come: what is done, how fast, and the time left by the amount of work and not by the count.

Recordings last from seconds to half an hour, so a count says little: what is left is weighed by each item's work
(frames, bytes, images). On a terminal it is a bar; elsewhere (a log, a batch job) a line now and then.
"""

import logging
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
from rich.text import Text

logger = logging.getLogger(__name__)
LOG_INTERVAL = 30.0  # seconds between two lines of a log, at least
Advance = Callable[[int, bool], None]


class WorkProgress:
    """Counts what is done of a number of items.

    Attributes:
        label: what is being done: `aligning`.
        things: what the items are: `recordings`.
        unit: what their work is counted in: `frames`; with an empty one no speed is told.
    """

    def __init__(self, label: str, works: Sequence[float], things: str = "items", unit: str = "") -> None:
        """Begin with nothing done; `works` holds the amount of work of each item."""
        self.label, self.things, self.unit = label, things, unit
        self.items, self.ended = len(works), 0
        self._works, self._left, self._done, self._at = works, float(sum(works)), 0.0, 0.0

    def end(self, number: int, made: bool, seconds: float) -> None:
        """Note that an item ended, `seconds` after the start; a failed one says nothing of the speed."""
        self.ended += 1
        self._left -= self._works[number]
        if made:
            self._done += self._works[number]
        self._at = seconds

    def speed(self) -> float | None:
        """Work a second up to the item that ended last; None where nothing is made yet."""
        return self._done / self._at if self._done > 0 and self._at > 0 else None

    def left(self, seconds: float) -> float | None:
        """Seconds left, `seconds` after the start; None where nothing is made yet."""
        speed = self.speed()
        return None if speed is None else max(self._left / speed - (seconds - self._at), 0.0)

    def facts(self, seconds: float) -> str:
        """What there is to say, `seconds` after the start: `12/300 recordings, 830 frames/s, 1:02:10 left`."""
        speed, left = self.speed(), self.left(seconds)
        told = [f"{self.ended}/{self.items} {self.things}"]
        if self.unit and speed is not None:
            told.append(format_rate(speed, self.unit))
        if self.ended == self.items:
            told.append(f"took {format_duration(seconds)}")
        elif left is not None:
            told.append(f"{format_duration(left)} left")
        return ", ".join(told)


def format_duration(seconds: float) -> str:
    """Hours, minutes and seconds, rounded to whole seconds.

    Example:
        >>> duration(3729.6)
        '1:02:10'
    """
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def format_rate(speed: float, unit: str) -> str:
    """A speed to three digits; bytes with a decimal prefix.

    Example:
        >>> rate(0.4567, "images"), rate(1234.5, "frames"), rate(45_200_000, "bytes")
        ('0.457 images/s', '1,234 frames/s', '45.2 MB/s')
    """
    if unit == "bytes":
        power = next((power for power in (4, 3, 2, 1) if speed >= 1000**power), 0)
        speed, unit = speed / 1000**power, ("B", "kB", "MB", "GB", "TB")[power]
    return f"{speed:,.0f} {unit}/s" if speed >= 100 else f"{speed:.3g} {unit}/s"


@contextmanager
def show_progress(tally: WorkProgress) -> Iterator[Advance]:
    """Show how far the work in the block is; yields what to call with an item's number, and whether it was made."""
    start = time.monotonic()
    if sys.stderr.isatty():
        columns = (TextColumn("{task.description}"), BarColumn(), _Facts(tally, start))
        with Progress(*columns, console=Console(stderr=True)) as progress:
            bar = progress.add_task(tally.label, total=tally.items)

            def advance(number: int, made: bool) -> None:
                tally.end(number, made, time.monotonic() - start)
                progress.advance(bar)

            yield advance
    else:
        yield _lines(tally, logger.info, lambda: time.monotonic() - start)


def _lines(tally: WorkProgress, say: Callable[[str], None], seconds: Callable[[], float]) -> Advance:
    """Say a line at the end, and before it at most one every 30 seconds."""
    said = 0.0

    def advance(number: int, made: bool) -> None:
        nonlocal said
        now = seconds()
        tally.end(number, made, now)
        if tally.ended == tally.items or now - said >= LOG_INTERVAL:
            said = now
            say(f"{tally.label}: {tally.facts(now)}")

    return advance


class _Facts(ProgressColumn):
    """The facts of a tally, after the bar."""

    def __init__(self, tally: WorkProgress, start: float) -> None:
        super().__init__()
        self.tally, self.start = tally, start

    def render(self, task: Task) -> Text:
        return Text(self.tally.facts(time.monotonic() - self.start))
