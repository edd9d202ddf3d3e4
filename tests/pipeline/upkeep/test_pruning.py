"""Pruning: the referenced items of the artifact store, in a small project with real DVC and Git."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.artifacts.artifact_store import ArtifactStore
from pipeline.upkeep.pruning import referenced_files
from pipeline.upkeep.stored_folders import StoredFolder, stored_folders

ROOT = Path(__file__).parents[3]
MAKE = """
from pathlib import Path
from pipeline.artifacts.artifact_store import ArtifactStore

number = Path("params.yaml").read_text().split()[-1]

def maker(folder):
    (folder / "same.txt").write_text("in every item")
    (folder / "part").mkdir()
    (folder / "part" / "own.txt").write_text(f"of {number} alone")

store = ArtifactStore("toy")
store.make(f"key{number}", maker)
store.link(f"key{number}", Path("out") / "r1")
Path("single.txt").write_text(number)
"""
DVC_YAML = """
stages:
  toy:
    cmd: {python} make.py
    params: [number]
    outs: [out, single.txt]
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Git and DVC repository with one stage, which makes the item key1; it has not run yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "test")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "test@example.invalid")
    (tmp_path / "make.py").write_text(MAKE)
    (tmp_path / "dvc.yaml").write_text(DVC_YAML.format(python=sys.executable))
    (tmp_path / "params.yaml").write_text("number: 1\n")
    _run("git", "init", "-q", "-b", "main")
    _dvc("init", "-q")
    return tmp_path


def _run(*command: str) -> None:
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, f"{' '.join(command)}: {result.stdout}{result.stderr}"


def _dvc(*arguments: str) -> None:
    _run(sys.executable, "-m", "dvc", *arguments)


def _fill(key: str, *texts: str) -> None:
    """Make an item with a file for each text."""

    def maker(folder: Path) -> None:
        for number, text in enumerate(texts):
            (folder / f"{number}.txt").write_text(text)

    ArtifactStore("toy").make(key, maker)


def _is_referenced() -> dict[str, bool]:
    """Whether each item in the store is referenced."""
    referenced = referenced_files()
    return {stored.folder.name: referenced.cover(stored.folder) for stored in stored_folders()}


@pytest.mark.parametrize("links", ["hardlink", "copy"])
def test_items_are_referenced_by_the_lock_a_commit_and_an_experiment(project: Path, links: str) -> None:
    _dvc("config", "cache.type", links)
    _dvc("repro", "-q")
    _run("git", "add", "-A")
    _run("git", "commit", "-qm", "one")
    _dvc("exp", "run", "-q", "-S", "number=2", "-n", "two")
    (project / "params.yaml").write_text("number: 3\n")
    _dvc("repro", "-q")  # in the working directory only
    _fill("of no run", "nobody's")
    assert _is_referenced() == {"key1": True, "key2": True, "key3": True, "of no run": False}
    own = ArtifactStore("toy").folder / "items" / "key3" / "part" / "own.txt"
    assert (own.stat().st_nlink > 1) is (links == "hardlink")
    _dvc("exp", "remove", "-q", "two")
    assert _is_referenced() == {"key1": True, "key2": False, "key3": True, "of no run": False}


def test_an_item_with_an_unreferenced_file_is_not_referenced(project: Path) -> None:
    _dvc("repro", "-q")
    _fill("all files referenced", "in every item", "of 1 alone")
    _fill("one file referenced", "in every item", "its own")
    assert _is_referenced() == {"key1": True, "all files referenced": True, "one file referenced": False}


def test_outputs_without_a_listing_in_the_cache_are_counted(project: Path) -> None:
    _dvc("repro", "-q")
    assert referenced_files().unlisted == 0
    (listing,) = (project / ".dvc" / "cache").rglob("*.dir")
    os.chmod(listing, 0o644)
    listing.unlink()
    assert referenced_files().unlisted == 1
    assert _is_referenced() == {"key1": False}


def test_before_the_first_run_nothing_is_referenced(project: Path) -> None:
    _fill("a", "text")
    assert _is_referenced() == {"a": False}


def test_a_missing_dvc_repository_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="no repository of DVC; run in the root of the repository"):
        referenced_files()


def test_a_missing_git_repository_is_an_error(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(project / ".git")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(project.parent))
    with pytest.raises(ValueError, match=r"git for-each-ref --format=%.refname. failed: fatal: not a git repository"):
        referenced_files()


def test_folders_are_listed_and_removed() -> None:
    _fill("a", "four")
    _fill("b", "fives")
    with ArtifactStore("train").scratch("run") as scratch:
        (scratch / "deep").mkdir()
        (scratch / "deep" / "last.ckpt").write_text("123")
    store = ArtifactStore("toy")
    items = store.folder / "items"
    progress = StoredFolder("train", store.folder.parent / "train" / "scratch" / "run", 3, finished=False)
    assert stored_folders() == [
        StoredFolder("toy", items / "a", 4, True),
        StoredFolder("toy", items / "b", 5, True),
        progress,
    ]
    store.drop(stored_folders()[0].folder)
    ArtifactStore("train").drop(progress.folder)
    assert [stored.folder.name for stored in stored_folders()] == ["b"]
    assert store.find("a") is None
    assert not list((store.folder / "partial").iterdir())
    assert (items / "b" / "0.txt").read_text() == "fives"
