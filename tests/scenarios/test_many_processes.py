"""`dvc repro` with a launcher: two processes train, the outputs are those of one stage, and nobody outlives DVC."""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.conftest import wait_for

# /bin/sh, for that of Debian stays between DVC and the command, where bash becomes it
LAUNCH = {"SHELL": "/bin/sh", "MSN_LAUNCH": "torchrun --standalone --nproc-per-node 2"}


def _of(folder: Path) -> dict[int, str]:
    """The processes that work in `folder`, by their numbers."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").resolve() == folder.resolve():
                found[int(process.name)] = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:  # it ended meanwhile
            continue
    return found


def _trained_by(project: Any, model: str) -> int:
    told = json.loads((project.folder / "models" / model / "description.json").read_text())
    return int(told["trained"]["processes"])


@pytest.fixture
def two(project: Any) -> Any:
    """The project with a launcher of two processes, and batches of two parts."""
    project.environment.update(LAUNCH)
    project.change(pretrain__accumulate=2, finetune__accumulate=2)
    return project


def test_two_processes_train_under_dvc(two: Any) -> None:
    assert two.reproduce() == ["pretrain", "finetune", "evaluate", "explain"]
    assert (_trained_by(two, "pretrained"), _trained_by(two, "finetuned")) == (2, 2)
    assert two.status() == {}
    metrics = json.loads(two.run("dvc", "metrics", "show", "--json"))
    assert metrics[""]["data"]["metrics/finetune/metrics.json"]["data"]["step"] == 2
    two.change(pretrain__source="none")
    assert two.reproduce() == ["pretrain", "finetune", "evaluate", "explain"]
    assert "failed" not in two.run("dvc", "metrics", "show")


def test_a_wrong_parameter_is_said_once(two: Any) -> None:
    two.change(finetune__batch=0)
    assert two.run("dvc", "repro", succeeds=False).count("finetune.batch is 0") == 1


@pytest.fixture
def endless(two: Any) -> Iterator[Any]:
    """The project with a training that does not end by itself; what is left of it is killed."""
    two.change(finetune__epochs=1, finetune__steps=1_000_000)
    yield two
    for number in _of(two.folder):
        os.kill(number, signal.SIGKILL)


def test_no_process_outlives_a_killed_dvc(endless: Any) -> None:
    before = endless.checkpoints()
    process = endless.start("dvc", "repro")
    wait_for(lambda: endless.checkpoints() != before, process)
    told = _of(endless.folder).values()
    assert len([line for line in told if " -m stages.finetune " in line and "--no-python" not in line]) >= 2
    os.kill(process.pid, signal.SIGKILL)
    end = time.monotonic() + 30
    while left := _of(endless.folder):
        assert time.monotonic() < end, left
        time.sleep(0.1)
