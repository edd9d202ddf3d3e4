"""Signals that ask a training to stop, as the queues of clusters send them before they kill a job."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGUSR1)  # SLURM sends the second one for --signal


class StopRequest:
    """Whether a signal asked this process to stop.

    Attributes:
        signal: the name of the signal; None as long as there was none.
    """

    def __init__(self) -> None:
        """Start without a request."""
        self.signal: str | None = None

    def note(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal: note it, so that training stops after the current step."""
        self.signal = signal.Signals(number).name


@contextmanager
def listen_for_signals() -> Iterator[StopRequest]:
    """Note SIGTERM and SIGUSR1 in the block instead of ending the process; restore the handlers afterwards."""
    request = StopRequest()
    handlers = {number: signal.signal(number, request.note) for number in SIGNALS}
    try:
        yield request
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
