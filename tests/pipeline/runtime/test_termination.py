"""Signals leave a block as SystemExit; handlers are restored, and ignored signals stay ignored."""

import os
import signal
from collections.abc import Iterator

import pytest

from pipeline.runtime.termination import SIGNALS, exit_on_signals


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_the_block_is_left_once_and_handlers_are_restored(number: signal.Signals, status: int) -> None:
    handlers = [signal.getsignal(other) for other in SIGNALS]
    steps = []
    with pytest.raises(SystemExit) as error, exit_on_signals():
        try:
            os.kill(os.getpid(), number)
            steps.append("went on")
        finally:
            os.kill(os.getpid(), signal.SIGHUP)  # terminals and service managers send several
            os.kill(os.getpid(), signal.SIGTERM)
            steps.append("removed files")
    assert error.value.code == status
    assert steps == ["removed files"]
    assert [signal.getsignal(other) for other in SIGNALS] == handlers


def test_an_ignored_signal_stays_ignored() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with exit_on_signals():
        os.kill(os.getpid(), signal.SIGHUP)
    with pytest.raises(SystemExit, match="143"), exit_on_signals():
        os.kill(os.getpid(), signal.SIGTERM)
    assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
