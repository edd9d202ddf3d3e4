"""`dvc repro` with a launcher: two processes train one model, and no process outlives DVC."""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.conftest import wait_for

# /bin/sh, because Debian's stays the parent of the command, whereas bash replaces itself by it
LAUNCH = {"SHELL": "/bin/sh", "MSN_LAUNCH": "torchrun --standalone --nproc-per-node 2"}


def _processes_in(folder: Path) -> dict[int, str]:
    """Return the command lines of the processes that run in `folder`, by process id."""
    commands = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").resolve() == folder.resolve():
                commands[int(process.name)] = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:  # the process has ended
            continue
    return commands


def _world_size(project: Any, model: str) -> int:
    description = json.loads((project.folder / "models" / model / "description.json").read_text())
    return int(description["trained"]["processes"])


@pytest.fixture
def parallel_project(project: Any) -> Any:
    """The project with a launcher of two processes, and batches of two microbatches."""
    project.environment.update(LAUNCH)
    project.change(pretrain__accumulate=2, finetune__accumulate=2)
    return project


@pytest.mark.long
def test_two_processes_train_under_dvc(parallel_project: Any) -> None:
    assert parallel_project.reproduce() == ["pretrain", "finetune", "evaluate", "explain"]
    assert (_world_size(parallel_project, "pretrained"), _world_size(parallel_project, "finetuned")) == (2, 2)
    assert parallel_project.status() == {}
    metrics = json.loads(parallel_project.run("dvc", "metrics", "show", "--json"))
    assert metrics[""]["data"]["metrics/finetune/metrics.json"]["data"]["step"] == 2
    parallel_project.change(pretrain__source="none")
    assert parallel_project.reproduce() == ["pretrain", "finetune", "evaluate", "explain"]
    assert "failed" not in parallel_project.run("dvc", "metrics", "show")


def test_a_wrong_parameter_is_reported_once(parallel_project: Any) -> None:
    parallel_project.change(finetune__batch=0)
    assert parallel_project.run("dvc", "repro", succeeds=False).count("finetune.batch is 0") == 1


@pytest.fixture
def endless_project(parallel_project: Any) -> Iterator[Any]:
    """The project with a training that never ends; its remaining processes are killed after the test."""
    parallel_project.change(finetune__epochs=1, finetune__steps=1_000_000)
    yield parallel_project
    for number in _processes_in(parallel_project.folder):
        os.kill(number, signal.SIGKILL)


def test_no_process_outlives_a_killed_dvc(endless_project: Any) -> None:
    before = endless_project.checkpoints()
    process = endless_project.start("dvc", "repro")
    wait_for(lambda: endless_project.checkpoints() != before, process)
    commands = _processes_in(endless_project.folder).values()
    assert len([line for line in commands if " -m stages.finetune " in line and "--no-python" not in line]) >= 2
    os.kill(process.pid, signal.SIGKILL)
    end = time.monotonic() + 30
    while survivors := _processes_in(endless_project.folder):
        assert time.monotonic() < end, survivors
        time.sleep(0.1)
