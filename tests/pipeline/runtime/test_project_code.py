"""The project code that a module imports, and its hash, which depends on syntax alone."""

import itertools
import os
from pathlib import Path

import pytest

from pipeline.runtime import project_code

_mtimes = itertools.count(1)


def _rewrite(path: Path, text: str) -> None:
    """Write a file and give it a unique modification time: some file systems round times to several milliseconds."""
    path.write_text(text)
    os.utime(path, ns=(0, next(_mtimes) * 10**9))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project: stages.cook -> pipeline.food.soup -> pipeline.salt, and pipeline.stone, not imported."""
    files = {
        "stages/__init__.py": "",
        "pipeline/__init__.py": "",
        "pipeline/food/__init__.py": "",
        "stages/cook.py": "import os\nfrom pipeline.food.soup import boil\nfrom pipeline.params.whole import Params\n",
        "pipeline/food/soup.py": '"""Soup."""\nfrom pipeline import salt\n\n\ndef boil():\n    return salt.PINCH\n',
        "pipeline/salt.py": "PINCH = 1\n",
        "pipeline/stone.py": "HARD = 1\n",
        "pipeline/params/__init__.py": "",
        "pipeline/params/whole.py": "Params = 1\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(project_code, "project_root", lambda: tmp_path)
    return tmp_path


def test_imports_are_followed_except_params_and_package_files(project: Path) -> None:
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
        ("pipeline/params/whole.py", "Params = 2\n", False),
    ],
)
def test_the_hash_depends_on_imported_syntax_only(project: Path, file: str, text: str, changes: bool) -> None:
    before, bytes_before = project_code.code_hash("stages.cook"), project_code.file_hash("stages.cook")
    _rewrite(project / file, text)
    assert (project_code.code_hash("stages.cook") != before) is changes
    imported = file not in ("pipeline/stone.py", "pipeline/params/whole.py")
    assert (project_code.file_hash("stages.cook") != bytes_before) is imported


def test_the_error_for_a_missing_module_names_it(project: Path) -> None:
    _rewrite(project / "pipeline/salt.py", "import pipeline.pepper\n")
    with pytest.raises(ModuleNotFoundError, match=r"pipeline\.pepper"):
        project_code.reachable_modules("stages.cook")


def test_the_loaded_hash_remembers_each_file_as_first_read(project: Path) -> None:
    before = project_code.code_hash("pipeline.salt")
    assert project_code.loaded_code_hash("pipeline.salt") == before
    _rewrite(project / "pipeline/salt.py", "PINCH = 2\n")
    assert project_code.code_hash("pipeline.salt") != before
    assert project_code.loaded_code_hash("pipeline.salt") == before
    assert project_code.loaded_code_hash("stages.cook") != project_code.code_hash("stages.cook")  # imports the old salt
    _rewrite(project / "pipeline/salt.py", "PINCH = 1\n")
    assert project_code.loaded_code_hash("stages.cook") == project_code.code_hash("stages.cook")
