"""Signals that end a program: it leaves its blocks as after Ctrl-C, so that temporary files are removed."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGHUP)  # a closed terminal sends the second one


@contextmanager
def exit_on_signals() -> Iterator[None]:
    """Raise SystemExit in the block on SIGTERM and SIGHUP, with the status that a shell reports for the signal.

    A signal that the caller of the program ignores stays ignored: `nohup` goes on after SIGHUP. A second signal does
    not interrupt the removal of files. Nothing can be done about SIGKILL.
    """

    def end(number: int, _: FrameType | None) -> None:
        for other in SIGNALS:
            signal.signal(other, signal.SIG_IGN)
        sys.exit(128 + number)

    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    for number, handler in handlers.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
