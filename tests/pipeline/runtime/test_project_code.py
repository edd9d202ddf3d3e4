"""Which code a module reaches, and that its hash follows syntax and nothing else."""

import itertools
import os
from pathlib import Path

import pytest

from pipeline.runtime import project_code

_rewritten = itertools.count(1)


def _rewrite(path: Path, text: str) -> None:
    """Write a file, and give it a time of its own: some file systems tell times some milliseconds apart as one."""
    path.write_text(text)
    os.utime(path, ns=(0, next(_rewritten) * 10**9))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project: stages.cook -> pipeline.food.soup -> pipeline.salt, and pipeline.stone beside them."""
    files = {
        "stages/__init__.py": "",
        "pipeline/__init__.py": "",
        "pipeline/food/__init__.py": "",
        "stages/cook.py": "import os\nfrom pipeline.food.soup import boil\nfrom pipeline.params import Params\n",
        "pipeline/food/soup.py": '"""Soup."""\nfrom pipeline import salt\n\n\ndef boil():\n    return salt.PINCH\n',
        "pipeline/salt.py": "PINCH = 1\n",
        "pipeline/stone.py": "HARD = 1\n",
        "pipeline/params.py": "Params = 1\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(project_code, "project_root", lambda: tmp_path)
    return tmp_path


def test_reached_modules_are_followed_without_params_and_package_files(project: Path) -> None:
    assert list(project_code.reachable_modules("stages.cook")) == ["pipeline.food.soup", "pipeline.salt", "stages.cook"]


@pytest.mark.parametrize(
    ("file", "text", "changes"),
    [
        (
            "pipeline/food/soup.py",
            "# new\nfrom pipeline import salt\ndef boil():\n  'doc'\n  return salt.PINCH\n",
            False,
        ),
        ("pipeline/food/soup.py", "from pipeline import salt\ndef boil():\n    return salt.PINCH + 1\n", True),
        ("pipeline/salt.py", "PINCH = 2\n", True),
        ("pipeline/stone.py", "HARD = 2\n", False),
        ("pipeline/params.py", "Params = 2\n", False),
    ],
)
def test_the_hash_follows_reached_syntax_only(project: Path, file: str, text: str, changes: bool) -> None:
    before, bytes_before = project_code.code_hash("stages.cook"), project_code.file_hash("stages.cook")
    _rewrite(project / file, text)
    assert (project_code.code_hash("stages.cook") != before) is changes
    reached = file not in ("pipeline/stone.py", "pipeline/params.py")
    assert (project_code.file_hash("stages.cook") != bytes_before) is reached


def test_an_import_of_nothing_is_named(project: Path) -> None:
    _rewrite(project / "pipeline/salt.py", "import pipeline.pepper\n")
    with pytest.raises(ModuleNotFoundError, match=r"pipeline\.pepper"):
        project_code.reachable_modules("stages.cook")


def test_the_loaded_hash_keeps_each_file_as_it_was_first_asked_for(project: Path) -> None:
    before = project_code.code_hash("pipeline.salt")
    assert project_code.loaded_code_hash("pipeline.salt") == before
    _rewrite(project / "pipeline/salt.py", "PINCH = 2\n")
    assert project_code.code_hash("pipeline.salt") != before
    assert project_code.loaded_code_hash("pipeline.salt") == before
    assert project_code.loaded_code_hash("stages.cook") != project_code.code_hash(
        "stages.cook"
    )  # reaches the salt that was loaded
    _rewrite(project / "pipeline/salt.py", "PINCH = 1\n")
    assert project_code.loaded_code_hash("stages.cook") == project_code.code_hash("stages.cook")
