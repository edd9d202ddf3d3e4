"""A second training on a GPU waits for the first one and logs it; trainings share a CPU."""

import logging
import selectors
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from pipeline.training.gpu_lock import gpu_uuid, hold_gpu

ROOT = Path(__file__).parents[3]
HOLD = """
import sys
from pipeline.training.gpu_lock import hold_gpu
print("started", flush=True)
with hold_gpu("GPU-test"):
    print("locked", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def _separate_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def _start_holder() -> "subprocess.Popen[bytes]":
    """Start a process that holds the GPU's lock until its input ends."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    holder = subprocess.Popen([sys.executable, "-c", HOLD], cwd=ROOT, bufsize=0, **pipes)  # type: ignore[call-overload]
    assert holder.stdout.readline() == b"started\n"
    return holder


def _has_locked(holder: "subprocess.Popen[bytes]") -> bool:
    """Wait until the process has the lock; False if it ends without it."""
    assert holder.stdout is not None
    return holder.stdout.readline() == b"locked\n"


@pytest.mark.parametrize("end", ["release", "kill"])
def test_a_second_training_waits_for_the_first(caplog: pytest.LogCaptureFixture, end: str) -> None:
    caplog.set_level(logging.INFO)
    first = _start_holder()
    assert _has_locked(first)
    second = _start_holder()
    assert second.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(second.stdout, selectors.EVENT_READ)
        assert selector.select(timeout=1.0) == []  # no output: it waits
    if end == "kill":
        first.kill()
    else:
        first.communicate(b"")
    assert _has_locked(second)
    second.communicate(b"")
    assert second.returncode == 0
    with hold_gpu("GPU-test"):
        pass
    assert caplog.messages == []  # the lock was free


def test_waiting_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    first = _start_holder()
    assert _has_locked(first)

    class EndFirst(logging.Handler):
        """Ends the first process as soon as the second one logs that it waits."""

        def emit(self, record: logging.LogRecord) -> None:
            if "waiting" in record.getMessage():
                first.communicate(b"")

    logging.getLogger("pipeline.training.gpu_lock").addHandler(handler := EndFirst())
    try:
        with hold_gpu("GPU-test"), hold_gpu("GPU-other"):
            pass
    finally:
        logging.getLogger("pipeline.training.gpu_lock").removeHandler(handler)
    assert caplog.messages == [
        "GPU GPU-test: another training is on it; waiting for its end",
        "GPU GPU-test: it is free now",
    ]


def test_trainings_share_a_cpu() -> None:
    assert gpu_uuid(torch.device("cpu")) is None
    with hold_gpu(None), hold_gpu(None):
        pass


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_has_the_same_uuid_with_and_without_its_index() -> None:
    assert gpu_uuid(torch.device("cuda")) == gpu_uuid(torch.device("cuda:0"))
