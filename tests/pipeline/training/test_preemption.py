"""A signal that asks training to stop is noted instead of ending the process."""

import os
import signal

import pytest

from pipeline.training.preemption import SIGNALS, listen_for_signals


@pytest.mark.parametrize("number", SIGNALS)
def test_signals_are_noted_and_handlers_restored(number: signal.Signals) -> None:
    handler = signal.getsignal(number)
    with listen_for_signals() as request:
        assert request.signal is None
        os.kill(os.getpid(), number)
        assert request.signal == number.name
    assert signal.getsignal(number) == handler
