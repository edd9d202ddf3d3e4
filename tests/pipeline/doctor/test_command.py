"""`msn doctor` for real: what it prints holds no name of anyone, and a broken library hides nothing else."""

import ctypes
import json
import os
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.doctor.check import Check, Section, Verdict

NEW_HOST_NAME = 0x04000000  # CLONE_NEWUTS


def _rename_host() -> None:
    """Give the host another name for this process and its children; only root can."""
    with suppress(OSError):
        if os.getuid() == 0 and ctypes.CDLL(None).unshare(NEW_HOST_NAME) == 0:
            socket.sethostname("quillon-host")


def _run(*options: str, path: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run the command in the working directory with the code in `path`."""
    environment = {**os.environ, "PYTHONPATH": str(path), **variables}
    command = [sys.executable, "-P", "-m", "pipeline.cli", "doctor", *options]
    return subprocess.run(command, env=environment, capture_output=True, text=True, preexec_fn=_rename_host)


@pytest.fixture
def telling(checkout: Path, tmp_path: Path) -> dict[str, str]:
    """Variables of a user whose settings name people and places; files of the checkout do, too."""
    for name in ("home", "temporary", "store", "cache"):
        (tmp_path / f"quillon-{name}").mkdir()
    (checkout / "quillon-film.mp4").touch()
    (checkout / "params.yaml").write_text("corpus: {root: /data/quillon}\n")
    return {
        "USER": "quillon",
        "LOGNAME": "quillon",
        "HOSTNAME": "quillon-host",
        "HOME": str(tmp_path / "quillon-home"),
        "TMPDIR": str(tmp_path / "quillon-temporary"),
        "MSN_WORK": str(tmp_path / "quillon-store"),
        "MSN_LAUNCH": "srun --nodelist quillon-node",
        "MSN_DEVICE": "quillon",
        "MSN_QUILL": "quillon",
        "XDG_CACHE_HOME": str(tmp_path / "quillon-cache"),
        "DASK_SCHEDULER_ADDRESS": "tcp://203.0.113.7:8786",
        "DASK_DISTRIBUTED__COMM__TLS__CA_FILE": "/home/quillon/ca.pem",
        "CUDA_VISIBLE_DEVICES": "GPU-quillon",
        "PATH": f"{tmp_path}/quillon-bin{os.pathsep}{os.environ['PATH']}",
    }


def _assert_names_nobody(output: str, tmp_path: Path) -> None:
    for word in ("quillon", "203.0.113.7", str(tmp_path), sys.prefix):
        assert word.lower() not in output.lower()
    # What a maintainer needs is there nevertheless.
    for word in ("MSN_WORK", "DASK_SCHEDULER_ADDRESS", "unknown to the project: MSN_QUILL"):
        assert word in output


def test_nothing_that_names_anyone_is_printed(checkout: Path, tmp_path: Path, telling: dict[str, str]) -> None:
    process = _run(path=checkout, **telling)
    assert (process.returncode, process.stderr) == (1, "")  # there is no device `quillon`
    _assert_names_nobody(process.stdout, tmp_path)
    assert list(tmp_path.rglob("msn-doctor-*")) == []


def test_a_broken_library_is_named_and_the_rest_goes_on(
    checkout: Path, tmp_path: Path, telling: dict[str, str]
) -> None:
    broken = {
        "cv2": "raise ImportError('libGL.so.1: cannot open shared object file: /home/quillon')",
        "av": "import os, signal; os.kill(os.getpid(), signal.SIGILL)",
        "zarr": "raise SystemExit('quillon')",
        "torchvision": "raise RuntimeError('operator torchvision::nms does not exist in /home/quillon')",
        "filelock": "raise OSError('/home/quillon')",  # the artifact store imports it
    }
    (tmp_path / "broken").mkdir()
    for name, code in broken.items():
        (tmp_path / "broken" / f"{name}.py").write_text(code)
    process = _run("--json", path=Path(f"{tmp_path}/broken{os.pathsep}{checkout}"), **telling)
    assert (process.returncode, process.stderr) == (1, "")
    _assert_names_nobody(process.stdout, tmp_path)
    report = json.loads(process.stdout)
    findings = {check["name"]: check["finding"] for check in report["checks"] if check["verdict"] == "problem"}
    assert findings == {
        "imports": "cv2: ImportError (libGL.so.1); av: the process was ended by SIGILL; zarr: SystemExit; "
        "torchvision: RuntimeError (operator torchvision::nms does not exist)",
        "device": "ValueError",
        "storage": "could not be examined: OSError",
    }
    passed = {check["name"] for check in report["checks"] if check["verdict"] == "ok"}
    assert {"packages", "memory", "dvc.lock", "folder of DVC's index", "code of msn"} <= passed
    assert report["facts"]["Versions"]["packages"].keys() >= {"torch", "torchvision", "opencv-python-headless"}


def _report(*verdicts: Verdict) -> list[Section]:
    checks = [Check(f"check {number}", verdict, "found\x1b[31m", "do this") for number, verdict in enumerate(verdicts)]
    return [
        Section("Machine", {"cores": 2, "batch job": False, "limit": None, "packages": {"a": "1", "b": "2"}}, checks)
    ]


def _doctor(monkeypatch: pytest.MonkeyPatch, *options: str, verdicts: tuple[Verdict, ...]) -> Any:
    monkeypatch.setattr("pipeline.commands.doctor.examine", lambda: _report(*verdicts))
    return CliRunner().invoke(app, ["doctor", *options])


def test_the_text_is_markdown_with_the_problems_first(monkeypatch: pytest.MonkeyPatch) -> None:
    result = _doctor(monkeypatch, verdicts=(Verdict.OK, Verdict.WARNING, Verdict.PROBLEM))
    assert result.exit_code == 1
    assert result.stdout == (
        "## msn doctor\n\nProblems: 1. Warnings: 1. Passed: 1.\n"
        "This text holds no name of a person, a machine, a folder or a file of yours.\n\n### Checks\n"
        "- **problem**: check 2: found\\x1b[31m. To do: do this\n"
        "- **warning**: check 1: found\\x1b[31m. To do: do this\n"
        "- ok: check 0: found\\x1b[31m. To do: do this\n\n"
        "### Machine\n- cores: 2\n- batch job: no\n- limit: not known\n- packages: a 1, b 2\n"
    )


def test_the_json_has_the_same_content(monkeypatch: pytest.MonkeyPatch) -> None:
    result = _doctor(monkeypatch, "--json", verdicts=(Verdict.WARNING,))
    assert result.exit_code == 0  # a warning is no problem
    report = json.loads(result.stdout)
    assert (report["format"], report["verdicts"]) == (1, {"ok": 0, "warning": 1, "problem": 0})
    assert report["checks"] == [
        {"name": "check 0", "verdict": "warning", "finding": "found\x1b[31m", "remedy": "do this"}
    ]
    assert report["facts"]["Machine"] == {
        "cores": 2,
        "batch job": False,
        "limit": None,
        "packages": {"a": "1", "b": "2"},
    }
