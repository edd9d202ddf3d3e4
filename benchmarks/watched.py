"""Function calls in a child process with limits of memory and time, watched from the parent. Linux only."""

import multiprocessing
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Self

POLL_INTERVAL = 0.02  # seconds between two checks of a child
EXIT_TIMEOUT = 5.0  # seconds that an idle child has to end by itself


@dataclass(frozen=True)
class CallResult:
    """The result of one call.

    Attributes:
        outcome: `returned`, or `crash`, `hang` or `memory`, after which the child is replaced.
        value: the return value, or a description of the failure.
        peak_mb: the peak memory of the child during the call, in megabytes (10^6 bytes).
        seconds: the duration of the call.
    """

    outcome: str
    value: Any
    peak_mb: float
    seconds: float


class WatchedFunction:
    """A function in a long-lived child process, which is replaced when it dies. Use it as a context manager."""

    def __init__(self, function: Callable[..., Any], max_mb: float, max_seconds: float) -> None:
        """Watch calls of `function`, which must not raise; a call that exceeds a limit is killed."""
        self.function, self.max_mb, self.max_seconds = function, max_mb, max_seconds
        self._context = multiprocessing.get_context("spawn")

    def __enter__(self) -> Self:
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()  # this ends an idle child
        self._child.join(EXIT_TIMEOUT)
        self._child.kill()
        self._child.join()

    def __call__(self, *arguments: Any) -> CallResult:
        """Call the function in the child and return the result."""
        self._reset_peak()
        start = time.monotonic()
        self._connection.send(arguments)
        outcome, value = "returned", None
        while outcome == "returned":
            if self._connection.poll(POLL_INTERVAL):
                try:
                    value = self._connection.recv()
                except EOFError:
                    self._child.join()
                    outcome, value = "crash", f"the process ended with {self._child.exitcode}"
                break
            if self._peak_mb() > self.max_mb:
                outcome, value = "memory", f"above {self.max_mb:.0f} MB"
            elif time.monotonic() - start > self.max_seconds:
                outcome, value = "hang", f"above {self.max_seconds:.0f} s"
        peak = self._peak_mb()
        if outcome == "returned" and peak > self.max_mb:
            outcome, value = "memory", f"{peak:.0f} MB, above {self.max_mb:.0f} MB"
        if outcome != "returned":
            self._child.kill()
            self._child.join()
            self._start()
        return CallResult(outcome, value, peak, time.monotonic() - start)

    def _start(self) -> None:
        self._connection, child_end = self._context.Pipe()
        self._child = self._context.Process(target=_serve, args=(child_end, self.function), daemon=True)
        self._child.start()
        child_end.close()
        self._connection.recv()  # ready: the time of loading counts for no call

    def _peak_mb(self) -> float:
        try:
            status = Path(f"/proc/{self._child.pid}/status").read_text(encoding="ascii")
        except (FileNotFoundError, ProcessLookupError):
            return 0.0
        line = next((line for line in status.splitlines() if line.startswith("VmHWM")), None)
        return int(line.split()[1]) * 1024 / 1e6 if line else 0.0

    def _reset_peak(self) -> None:
        Path(f"/proc/{self._child.pid}/clear_refs").write_text("5", encoding="ascii")  # see proc(5)


def _serve(connection: Connection, function: Callable[..., Any]) -> None:
    connection.send("ready")
    while True:
        try:
            arguments = connection.recv()
        except EOFError:
            return
        connection.send(function(*arguments))
