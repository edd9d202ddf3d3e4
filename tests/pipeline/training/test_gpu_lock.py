"""Two runs on one GPU: the second waits and says so; a CPU is shared."""

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
print("begun", flush=True)
with hold_gpu("GPU-test"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def _locks_of_this_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)


def _holder() -> "subprocess.Popen[bytes]":
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    holder = subprocess.Popen([sys.executable, "-c", HOLD], cwd=ROOT, bufsize=0, **pipes)  # type: ignore[call-overload]
    assert holder.stdout.readline() == b"begun\n"
    return holder


def _held(holder: "subprocess.Popen[bytes]") -> bool:
    """Whether it has the GPU; waits for that."""
    assert holder.stdout is not None
    return holder.stdout.readline() == b"held\n"


@pytest.mark.parametrize("end", ["release", "kill"])
def test_a_second_run_waits_for_the_first(caplog: pytest.LogCaptureFixture, end: str) -> None:
    caplog.set_level(logging.INFO)
    first = _holder()
    assert _held(first)
    second = _holder()
    assert second.stdout is not None
    with selectors.DefaultSelector() as said:
        said.register(second.stdout, selectors.EVENT_READ)
        assert said.select(timeout=1.0) == []  # nothing, for it waits
    if end == "kill":
        first.kill()
    else:
        first.communicate(b"")
    assert _held(second)
    second.communicate(b"")
    assert second.returncode == 0
    with hold_gpu("GPU-test"):
        pass
    assert caplog.messages == []  # nobody had it


def test_waiting_is_said(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    first = _holder()
    assert _held(first)

    class Ends(logging.Handler):
        """Ends the first run as soon as the second says that it waits."""

        def emit(self, record: logging.LogRecord) -> None:
            if "waiting" in record.getMessage():
                first.communicate(b"")

    logging.getLogger("pipeline.training.gpu_lock").addHandler(ending := Ends())
    try:
        with hold_gpu("GPU-test"), hold_gpu("GPU-other"):
            pass
    finally:
        logging.getLogger("pipeline.training.gpu_lock").removeHandler(ending)
    assert caplog.messages == [
        "GPU GPU-test: another training is on it; waiting for its end",
        "GPU GPU-test: it is free now",
    ]


def test_a_cpu_is_shared() -> None:
    assert gpu_uuid(torch.device("cpu")) is None
    with hold_gpu(None), hold_gpu(None):
        pass


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_is_known_by_its_own_name() -> None:
    assert gpu_uuid(torch.device("cuda")) == gpu_uuid(torch.device("cuda:0"))
