"""Worked examples of the guides in docs/how-to: their code blocks, and a copy of the project to put them into."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
HOW_TO = ROOT / "docs/how-to"


def code_block(page: str, marker: str) -> str:
    """Return the code block below a marker (`<!-- marker -->`) of a page of docs/how-to."""
    match = re.search(rf"<!-- {re.escape(marker)} -->\n```\w+\n(.*?)```", (HOW_TO / page).read_text(), re.DOTALL)
    assert match, f"{page}: {marker}"
    return match[1]


def copy_code(folder: Path) -> None:
    """Copy the code of the project, without its outputs."""
    for package in ("pipeline", "stages"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))


def replace_once(path: Path, old: str, new: str) -> None:
    """Replace a text that occurs once in a file."""
    assert path.read_text().count(old) == 1, old
    path.write_text(path.read_text().replace(old, new))


def run_module(project: Path, *command: str, succeeds: bool = True) -> str:
    """Run `python -m` in a copy of the project; return what it printed."""
    environment = {**os.environ, "PYTHONPATH": str(project), "MSN_WORK": str(project / "work"), "MSN_WORKERS": "1"}
    result = subprocess.run(
        [sys.executable, "-m", *command], cwd=project, env=environment, capture_output=True, text=True
    )
    assert (result.returncode == 0) is succeeds, result.stderr
    return result.stdout + result.stderr
