"""Calls in a child process that is watched from outside: its memory, its time, and whether it lives. Linux only."""

import multiprocessing
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Self

LOOK = 0.02  # seconds between two looks at a child
END = 5.0  # seconds that an idle child has to end by itself


@dataclass(frozen=True)
class Ended:
    """How one call ended.

    Attributes:
        how: `returned`, or `crash`, `hang`, `memory`, which cost the child its life.
        value: what was returned, or what is to be said of the end.
        peak_mb: the most memory the child held during the call, in megabytes (10^6 bytes).
        seconds: how long it took.
    """

    how: str
    value: Any
    peak_mb: float
    seconds: float


class Watched:
    """A function in a long-lived child process, which is replaced when it dies. Use it as a context manager."""

    def __init__(self, function: Callable[..., Any], most_mb: float, most_seconds: float) -> None:
        """Watch calls of `function`, which raises nothing; a call that exceeds a limit is killed."""
        self.function, self.most_mb, self.most_seconds = function, most_mb, most_seconds
        self._context = multiprocessing.get_context("spawn")

    def __enter__(self) -> Self:
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._link.close()  # which ends an idle child
        self._child.join(END)
        self._child.kill()
        self._child.join()

    def __call__(self, *arguments: Any) -> Ended:
        """Call the function in the child."""
        self._reset_peak()
        began = time.monotonic()
        self._link.send(arguments)
        how, value = "returned", None
        while how == "returned":
            if self._link.poll(LOOK):
                try:
                    value = self._link.recv()
                except EOFError:
                    self._child.join()
                    how, value = "crash", f"the process ended with {self._child.exitcode}"
                break
            if self._peak_mb() > self.most_mb:
                how, value = "memory", f"above {self.most_mb:.0f} MB"
            elif time.monotonic() - began > self.most_seconds:
                how, value = "hang", f"above {self.most_seconds:.0f} s"
        peak = self._peak_mb()
        if how == "returned" and peak > self.most_mb:
            how, value = "memory", f"{peak:.0f} MB, above {self.most_mb:.0f} MB"
        if how != "returned":
            self._child.kill()
            self._child.join()
            self._start()
        return Ended(how, value, peak, time.monotonic() - began)

    def _start(self) -> None:
        self._link, theirs = self._context.Pipe()
        self._child = self._context.Process(target=_serve, args=(theirs, self.function), daemon=True)
        self._child.start()
        theirs.close()
        self._link.recv()  # it is ready: loading counts for no call

    def _peak_mb(self) -> float:
        try:
            status = Path(f"/proc/{self._child.pid}/status").read_text(encoding="ascii")
        except (FileNotFoundError, ProcessLookupError):
            return 0.0
        line = next((line for line in status.splitlines() if line.startswith("VmHWM")), None)
        return int(line.split()[1]) * 1024 / 1e6 if line else 0.0

    def _reset_peak(self) -> None:
        Path(f"/proc/{self._child.pid}/clear_refs").write_text("5", encoding="ascii")  # see proc(5)


def _serve(link: Connection, function: Callable[..., Any]) -> None:
    link.send("ready")
    while True:
        try:
            arguments = link.recv()
        except EOFError:
            return
        link.send(function(*arguments))
