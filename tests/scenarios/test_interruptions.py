"""A run that is killed resumes where it stopped, and its outputs are those of an uninterrupted run."""

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from pipeline.artifacts.hashing import folder_digest
from tests.scenarios.conftest import kill, wait_for

RESUMES = {
    "repro": ("dvc", "repro"),
    "exp run": ("dvc", "exp", "run"),
    "exp run --temp": ("dvc", "exp", "run", "--temp"),
}


def _items(project: Any, kind: str) -> dict[str, int]:
    """Return the finished items with their modification times."""
    return {path.name: path.stat().st_mtime_ns for path in (project.folder / ".work" / kind / "items").glob("*")}


@pytest.mark.parametrize(
    "command", [command if command == "repro" else pytest.param(command, marks=pytest.mark.long) for command in RESUMES]
)
def test_align_resumes_after_a_kill(fresh_project: Any, built: Any, command: str) -> None:
    project = fresh_project
    project.run("dvc", "repro", "decode", "identities")
    project.run("git", "add", "-A")
    project.run("git", "commit", "-qm", "up to decode")
    process = project.start("dvc", "repro", "align")
    wait_for(lambda: len(_items(project, "align")) >= 3, process)
    kill(process)
    before = _items(project, "align")
    assert 3 <= len(before) < 12

    project.run(*RESUMES[command])
    after = _items(project, "align")
    assert len(after) == 12
    assert {name: after[name] for name in before} == before  # no item was made again
    assert list((project.folder / ".work").glob("*/partial/*")) == []
    if command != "exp run --temp":  # its outputs are in another folder
        assert folder_digest(project.folder / "data/aligned") == folder_digest(built.folder / "data/aligned")
        assert (project.folder / "metrics.json").read_text() == (built.folder / "metrics.json").read_text()


@pytest.fixture(scope="module")
def longer(built: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The project with a longer fine-tuning, and the metrics and models of an uninterrupted run."""
    project = built.copy(tmp_path_factory.mktemp("longer") / "project")
    project.change(finetune__epochs=4, finetune__steps=30)
    project.run("git", "commit", "-qam", "longer")
    whole = project.copy(tmp_path_factory.mktemp("whole") / "project")
    assert whole.reproduce() == ["finetune", "evaluate", "explain"]
    return project, json.loads((whole.folder / "metrics.json").read_text()), folder_digest(whole.folder / "models")


@pytest.mark.parametrize("command", RESUMES)
def test_finetuning_resumes_after_a_kill(longer: Any, tmp_path: Path, command: str) -> None:
    source, metrics, models = longer
    project = source.copy(tmp_path / "project")
    before = project.checkpoints()  # of the training of the built project
    process = project.start("dvc", "repro")
    wait_for(lambda: project.checkpoints() != before, process)
    try:
        if command == "repro":
            os.killpg(process.pid, signal.SIGSTOP)  # so that it does not end before it is killed
            assert 0 < _displayed_step(project) < 120
    finally:
        kill(process)
    output = project.run(*RESUMES[command])
    assert "steps were done before" in output
    if command == "exp run --temp":  # its outputs are in another folder
        return
    assert json.loads((project.folder / "metrics.json").read_text()) == metrics
    assert folder_digest(project.folder / "models") == models


def _displayed_step(project: Any) -> int:
    """Return the step of fine-tuning that `dvc exp show` displays."""
    workspace = json.loads(project.run("dvc", "exp", "show", "--json"))[0]
    return int(workspace["data"]["metrics"]["metrics/finetune/metrics.json"]["data"]["step"])


@pytest.mark.long
def test_temporary_and_queued_runs_reuse_finished_recordings(project: Any) -> None:
    before = {kind: _items(project, kind) for kind in ("decode", "align", "subsample", "identities")}
    project.run("dvc", "exp", "run", "--temp", "-S", "align.survey_step=0.25", "-S", "subsample.phases=1")
    after = _items(project, "align")
    assert len(after) == 24  # with another survey, each recording has another item
    assert before["align"].items() <= after.items()
    for kind in ("decode", "identities"):
        assert _items(project, kind) == before[kind]
    project.run(
        "dvc",
        "exp",
        "run",
        "--queue",
        "-S",
        "align.survey_step=0.25",
        "-S",
        "subsample.phases=1",
        "-S",
        "finetune.seed=9",
    )
    project.run("dvc", "queue", "start")
    _wait_for_queue(project)
    assert _items(project, "align") == after


def _wait_for_queue(project: Any) -> None:
    end = time.monotonic() + 300
    while "Success" not in (status := project.run("dvc", "queue", "status")):
        assert "Failed" not in status, project.run("dvc", "queue", "logs", status.split()[3])
        assert time.monotonic() < end, status
        time.sleep(1)
