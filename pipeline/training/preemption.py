"""Training that is told to stop, or cannot get the memory it needs: what is done then, and what is said."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGUSR1)  # of queues: the second is what SLURM's --signal asks for


class StoppedError(SystemExit):
    """Training was told to stop, and its checkpoint is written; the process ends with the message and status 1."""


class StopRequest:
    """Whether a signal asked this process to stop."""

    def __init__(self) -> None:
        """Nothing was asked yet."""
        self.name: str | None = None

    def listen(self) -> None:
        """Take the signals over. Lightning has handlers of its own, which would end between two parts of a batch."""
        for number in SIGNALS:
            signal.signal(number, self._note)

    def _note(self, number: int, frame: FrameType | None) -> None:
        """Take the signal up: the step that runs is finished first."""
        self.name = signal.Signals(number).name


@contextmanager
def listen_for_signals() -> Iterator[StopRequest]:
    """Note the signals that ask to stop, instead of ending at once; give the handlers back behind the block."""
    request = StopRequest()
    before = {number: signal.getsignal(number) for number in SIGNALS}
    request.listen()
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
