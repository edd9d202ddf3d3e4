"""A stage for many processes becomes the launcher that MSN_LAUNCH names, and never within what one has started."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from pipeline.training.launcher import is_first_process, is_launched

ROOT = Path(__file__).parents[3]
BECOME = """
import sys
from pipeline.training.launcher import exec_launcher
exec_launcher("stages.pretrain", ["a b", "c"])
print("nothing done")
"""


def _become(environment: Mapping[str, str], path: Path | None = None) -> "subprocess.CompletedProcess[str]":
    more = {"PYTHONPATH": str(ROOT), **environment}
    if path is not None:
        more["PATH"] = f"{path}{os.pathsep}{os.environ['PATH']}"
    command = [sys.executable, "-c", BECOME]
    return subprocess.run(command, env={**os.environ, **more}, capture_output=True, text=True, check=False)


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """Programs that print their arguments, one a line."""
    for name in ("srun", "mine"):
        (tmp_path / name).write_text('#!/bin/sh\nprintf "%s\\n" "$0" "$@"\n')
        (tmp_path / name).chmod(0o755)
    return tmp_path


@pytest.mark.parametrize("command", ["srun --kill-on-bad-exit=1", "mine 'one word'"])
def test_the_stage_becomes_the_launcher_with_itself_behind(programs: Path, command: str) -> None:
    words = {"srun": ["--kill-on-bad-exit=1"], "mine": ["one word"]}[command.split()[0]]
    printed = _become({"MSN_LAUNCH": command}, programs).stdout.splitlines()
    assert printed[1:] == [*words, sys.executable, "-m", "stages.pretrain", "a b", "c"]


def test_torchrun_is_told_that_a_command_follows() -> None:
    done = _become({"MSN_LAUNCH": "torchrun --help"})  # beside this Python, whatever PATH says
    assert "nothing done" not in done.stdout
    assert "--no-python" in done.stdout


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"MSN_LAUNCH": ""},
        {"MSN_LAUNCH": "srun", "TORCHELASTIC_RUN_ID": "1"},
        {"MSN_LAUNCH": "srun", "SLURM_STEP_NUM_TASKS": "2"},
    ],
)
def test_nothing_is_done_without_a_launcher_or_behind_one(programs: Path, environment: dict[str, str]) -> None:
    assert _become(environment, programs).stdout == "nothing done\n"


def test_a_program_that_is_not_there(programs: Path) -> None:
    done = _become({"MSN_LAUNCH": "mpirun -n 8"}, programs)
    assert done.returncode == 1
    assert (
        "MSN_LAUNCH is 'mpirun -n 8', but there is no program 'mpirun'; allowed: a command that starts" in done.stderr
    )


@pytest.mark.parametrize(
    ("environment", "many", "first"),
    [
        ({}, False, True),
        ({"SLURM_STEP_NUM_TASKS": "1", "SLURM_PROCID": "0", "SLURM_NTASKS": "8"}, False, True),  # `srun -n 1 dvc repro`
        ({"SLURM_STEP_NUM_TASKS": "8", "SLURM_PROCID": "0"}, True, True),
        ({"SLURM_STEP_NUM_TASKS": "8", "SLURM_PROCID": "3"}, True, False),
        ({"TORCHELASTIC_RUN_ID": "x", "RANK": "0", "SLURM_PROCID": "1"}, True, True),  # torchrun in tasks of SLURM
        ({"TORCHELASTIC_RUN_ID": "x", "RANK": "1", "SLURM_PROCID": "0"}, True, False),
    ],
)
def test_who_is_first(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], many: bool, first: bool) -> None:
    for name in ("SLURM_STEP_NUM_TASKS", "SLURM_PROCID", "TORCHELASTIC_RUN_ID", "RANK"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert (is_launched(), is_first_process()) == (many, first)
