"""The programs beside Python: their versions, and whether those on the PATH are those of this environment."""

import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pipeline.doctor.check import Check, Fact, Section, ok_or_problem, ok_or_warning
from pipeline.doctor.checkout import find_checkout

PROGRAMS = ("git", "make", "uv", "dvc", "python")
PATIENCE = 30  # seconds for one program
# `3.67.1`, `git version 2.39.5`, `GNU Make 4.3`: three numbers at most, so no address.
VERSION = re.compile(r"(?:[A-Za-z]+ ){0,2}(\d+\.\d+(?:\.\d+)?)(?![.\d]*\.\d)")
ACTIVATE = "run `source .venv/bin/activate` in this shell (`make` does so by itself)"


def examine() -> Section:
    """Return the versions of the programs; in a checkout, check that they are there and are the right ones."""
    with ThreadPoolExecutor(len(PROGRAMS)) as executor:
        facts: dict[str, Fact] = dict(zip(PROGRAMS, executor.map(_version, PROGRAMS), strict=True))
    return Section("Programs", facts, _check(facts) if find_checkout() else [])


def _check(facts: dict[str, Fact]) -> list[Check]:
    missing = [name for name in ("git", "dvc") if facts[name] == "missing"]
    others = [name for name in ("python", "dvc") if facts[name] != "missing" and not _is_ours(name)]
    return [
        ok_or_problem(
            "programs",
            not missing,
            f"missing: {', '.join(missing)}" if missing else "git and dvc are there",
            f"install git; for dvc {ACTIVATE}",
        ),
        ok_or_warning(
            "environment",
            not others,
            f"of another environment than msn: {', '.join(others)}" if others else "python and dvc are those of msn",
            ACTIVATE,
        ),
    ]


def _is_ours(name: str) -> bool:
    """Whether the program on the PATH is in the environment of this process."""
    path = shutil.which(name)  # not resolved: the Python of a virtual environment is a link to another one
    return path is not None and Path(path).parent.resolve() == Path(sys.prefix, "bin").resolve()


def _version(name: str) -> str:
    """Return the number in what `NAME --version` prints; the rest of it may name a place."""
    if shutil.which(name) is None:
        return "missing"
    try:
        output = subprocess.run([name, "--version"], capture_output=True, text=True, timeout=PATIENCE).stdout
    except (OSError, subprocess.SubprocessError, UnicodeError) as error:
        return f"fails: {type(error).__name__}"
    number = VERSION.match(output)
    return number[1] if number else "of unknown version"
