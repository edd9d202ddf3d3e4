"""`make setup` installs with uv where there is one and with pip elsewhere, and a second time does nothing."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# A Python of the right version that makes environments of copies of itself. Calls are logged as they are.
PYTHON = """#!/bin/sh
[ "$1" = -c ] && exit 0
echo "$(basename "$0") $*" >> "$LOG"
[ "$2" = venv ] && mkdir -p "$4/bin" && cp -f "$0" "$4/bin/python" && cp "$(dirname "$0")/dvc" "$4/bin/dvc"
exit 0
"""
UV = """#!/bin/sh
echo "uv $*" >> "$LOG"
[ ! -e "$LOG.offline" ]
"""
FROM_PIP = [
    "python3.11 -m venv --clear .venv",
    "python -m pip install --quiet --disable-pip-version-check -r requirements.lock",
    "python -m pip install --quiet --disable-pip-version-check --no-deps --editable .",
]
FROM_UV = [
    "python3.11 -m venv --clear .venv",
    "uv pip install --quiet --compile-bytecode --python .venv/bin/python -r requirements.lock",
    "uv pip install --quiet --compile-bytecode --python .venv/bin/python --no-deps --editable .",
]

# Programs of the system that the recipe and the fake programs call; a uv of the system is none of them.
SYSTEM = ("basename", "cat", "chmod", "cp", "dirname", "find", "grep", "make", "mkdir", "rm", "sh", "touch")

Setup = Callable[..., list[str]]


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    """A function that runs `make setup` in a fresh checkout with fake programs, and returns the calls that it made."""
    checkout, programs, log = tmp_path / "a checkout", tmp_path / "some programs", tmp_path / "log"
    (checkout / ".dvc").mkdir(parents=True)
    programs.mkdir()
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, checkout / name)
    for name, code in (("python3.11", PYTHON), ("uv", UV), ("dvc", "#!/bin/sh\n")):
        (programs / name).write_text(code)
        (programs / name).chmod(0o755)
    for name in SYSTEM:
        (programs / name).symlink_to(str(shutil.which(name)))

    def run(*options: str, uv: bool = True, succeeds: bool = True) -> list[str]:
        (programs / "uv").chmod(0o755 if uv else 0o644)
        log.unlink(missing_ok=True)
        environment = {"PATH": str(programs), "LOG": str(log)}
        command = ["make", "setup", *options]
        process = subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True)
        assert (process.returncode == 0) is succeeds, process.stdout + process.stderr
        return log.read_text().splitlines() if log.exists() else []

    return run


@pytest.mark.parametrize(
    ("options", "uv", "calls"),
    [((), True, FROM_UV), ((), False, FROM_PIP), (("UV=",), True, FROM_PIP)],
    ids=["with uv", "without uv", "uv is not wanted"],
)
def test_it_installs_once(setup: Setup, options: tuple[str, ...], uv: bool, calls: list[str]) -> None:
    assert setup(*options, uv=uv) == calls
    assert setup(*options, uv=uv) == []


def test_another_installer_does_not_install_again(setup: Setup) -> None:
    assert setup(uv=False) == FROM_PIP
    assert setup(uv=True) == []


def test_a_new_lock_file_is_installed_into_the_same_environment(setup: Setup, tmp_path: Path) -> None:
    setup()
    later = (tmp_path / "a checkout/.venv/.installed").stat().st_mtime + 10
    os.utime(tmp_path / "a checkout/requirements.lock", (later, later))
    assert setup() == FROM_UV[1:]


def test_an_environment_whose_python_is_gone_is_made_anew(setup: Setup, tmp_path: Path) -> None:
    setup()
    python = tmp_path / "a checkout/.venv/bin/python"
    python.unlink()
    python.symlink_to("/nonexistent/python3.11")
    os.utime(tmp_path / "a checkout/.venv/.installed", (0, 0))
    assert setup() == FROM_UV


def test_an_installation_that_failed_is_done_again(setup: Setup, tmp_path: Path) -> None:
    (tmp_path / "log.offline").touch()
    assert setup(succeeds=False) == FROM_UV[:2]
    (tmp_path / "log.offline").unlink()
    assert setup() == FROM_UV[1:]
    assert setup() == []
