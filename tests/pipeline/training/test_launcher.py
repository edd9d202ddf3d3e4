"""A stage is replaced by the launcher that MSN_LAUNCH names, except in processes that a launcher has started."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from pipeline.training.launcher import is_first_process, is_launched

ROOT = Path(__file__).parents[3]
EXEC_LAUNCHER = """
import sys
from pipeline.training.launcher import exec_launcher
exec_launcher("stages.pretrain", ["a b", "c"])
print("not replaced")
"""


def _exec_launcher(environment: Mapping[str, str], path: Path | None = None) -> "subprocess.CompletedProcess[str]":
    """Run the script with variables added to the environment, and `path` put in front of PATH."""
    variables = {"PYTHONPATH": str(ROOT), **environment}
    if path is not None:
        variables["PATH"] = f"{path}{os.pathsep}{os.environ['PATH']}"
    command = [sys.executable, "-c", EXEC_LAUNCHER]
    return subprocess.run(command, env={**os.environ, **variables}, capture_output=True, text=True, check=False)


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder with programs that print their path and arguments, one per line."""
    for name in ("srun", "mine"):
        (tmp_path / name).write_text('#!/bin/sh\nprintf "%s\\n" "$0" "$@"\n')
        (tmp_path / name).chmod(0o755)
    return tmp_path


@pytest.mark.parametrize("command", ["srun --kill-on-bad-exit=1", "mine 'one word'"])
def test_the_launcher_is_given_the_stages_command(programs: Path, command: str) -> None:
    options = {"srun": ["--kill-on-bad-exit=1"], "mine": ["one word"]}[command.split()[0]]
    printed = _exec_launcher({"MSN_LAUNCH": command}, programs).stdout.splitlines()
    assert printed[1:] == [*options, sys.executable, "-m", "stages.pretrain", "a b", "c"]


def test_torchrun_is_started_without_python() -> None:
    process = _exec_launcher({"MSN_LAUNCH": "torchrun --help"})  # the one beside this Python, whatever PATH is
    assert "not replaced" not in process.stdout
    assert "--no-python" in process.stdout


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"MSN_LAUNCH": ""},
        {"MSN_LAUNCH": "srun", "TORCHELASTIC_RUN_ID": "1"},
        {"MSN_LAUNCH": "srun", "SLURM_STEP_NUM_TASKS": "2"},
    ],
)
def test_a_stage_is_not_replaced_without_a_launcher_or_in_a_launched_process(
    programs: Path, environment: dict[str, str]
) -> None:
    assert _exec_launcher(environment, programs).stdout == "not replaced\n"


def test_a_missing_program_is_an_error(programs: Path) -> None:
    process = _exec_launcher({"MSN_LAUNCH": "mpirun -n 8"}, programs)
    assert process.returncode == 1
    message = "MSN_LAUNCH is 'mpirun -n 8', but there is no program 'mpirun'; allowed: a command that starts"
    assert message in process.stderr


@pytest.mark.parametrize(
    ("environment", "launched", "first"),
    [
        ({}, False, True),
        ({"SLURM_STEP_NUM_TASKS": "1", "SLURM_PROCID": "0", "SLURM_NTASKS": "8"}, False, True),  # `srun -n 1 dvc repro`
        ({"SLURM_STEP_NUM_TASKS": "8", "SLURM_PROCID": "0"}, True, True),
        ({"SLURM_STEP_NUM_TASKS": "8", "SLURM_PROCID": "3"}, True, False),
        ({"TORCHELASTIC_RUN_ID": "x", "RANK": "0", "SLURM_PROCID": "1"}, True, True),  # torchrun in tasks of SLURM
        ({"TORCHELASTIC_RUN_ID": "x", "RANK": "1", "SLURM_PROCID": "0"}, True, False),
    ],
)
def test_the_first_process_is_recognised(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], launched: bool, first: bool
) -> None:
    for name in ("SLURM_STEP_NUM_TASKS", "SLURM_PROCID", "TORCHELASTIC_RUN_ID", "RANK"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert (is_launched(), is_first_process()) == (launched, first)
