"""What of the store of finished work is named: a small project of its own, with DVC and Git for real."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.artifacts.artifact_store import ArtifactStore
from pipeline.pruning import Holding, holdings, named, remove

ROOT = Path(__file__).parents[2]
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
STORY = """
stages:
  toy:
    cmd: {python} make.py
    params: [number]
    outs: [out, single.txt]
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of Git and DVC with one stage that makes key1 and has run and is committed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "test")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "test@example.invalid")
    (tmp_path / "make.py").write_text(MAKE)
    (tmp_path / "dvc.yaml").write_text(STORY.format(python=sys.executable))
    (tmp_path / "params.yaml").write_text("number: 1\n")
    _run("git", "init", "-q", "-b", "main")
    _dvc("init", "-q")
    return tmp_path


def _run(*command: str) -> None:
    answer = subprocess.run(command, capture_output=True, text=True)
    assert answer.returncode == 0, f"{' '.join(command)}: {answer.stdout}{answer.stderr}"


def _dvc(*words: str) -> None:
    _run(sys.executable, "-m", "dvc", *words)


def _fill(key: str, *texts: str) -> None:
    """Make an item with a file for each text."""

    def maker(folder: Path) -> None:
        for number, text in enumerate(texts):
            (folder / f"{number}.txt").write_text(text)

    ArtifactStore("toy").make(key, maker)


def _held() -> dict[str, bool]:
    """Every item in the store, and whether something names it."""
    found = named()
    return {held.folder.name: found.cover(held.folder) for held in holdings()}


@pytest.mark.parametrize("links", ["hardlink", "copy"])
def test_items_are_named_by_the_lock_a_commit_and_an_experiment(project: Path, links: str) -> None:
    _dvc("config", "cache.type", links)
    _dvc("repro", "-q")
    _run("git", "add", "-A")
    _run("git", "commit", "-qm", "one")
    _dvc("exp", "run", "-q", "-S", "number=2", "-n", "two")
    (project / "params.yaml").write_text("number: 3\n")
    _dvc("repro", "-q")  # in the working directory alone
    _fill("of no run", "nobody's")
    assert _held() == {"key1": True, "key2": True, "key3": True, "of no run": False}
    own = ArtifactStore("toy").folder / "items" / "key3" / "part" / "own.txt"
    assert (own.stat().st_nlink > 1) is (links == "hardlink")
    _dvc("exp", "remove", "-q", "two")
    assert _held() == {"key1": True, "key2": False, "key3": True, "of no run": False}


def test_a_part_of_an_item_does_not_name_it(project: Path) -> None:
    _dvc("repro", "-q")
    _fill("all files named", "in every item", "of 1 alone")
    _fill("one file named", "in every item", "its own")
    assert _held() == {"key1": True, "all files named": True, "one file named": False}


def test_outputs_that_are_not_in_the_cache_are_counted(project: Path) -> None:
    _dvc("repro", "-q")
    assert named().unknown == 0
    (listing,) = (project / ".dvc" / "cache").rglob("*.dir")
    os.chmod(listing, 0o644)
    listing.unlink()
    assert named().unknown == 1
    assert _held() == {"key1": False}


def test_before_the_first_run_nothing_is_named(project: Path) -> None:
    _fill("a", "text")
    assert _held() == {"a": False}


def test_outside_a_repository_nothing_is_guessed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="no repository of DVC; run in the root of the repository"):
        named()


def test_without_git_nothing_is_guessed(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(project / ".git")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(project.parent))
    with pytest.raises(ValueError, match=r"git for-each-ref --format=%.refname. failed: fatal: not a git repository"):
        named()


def test_holdings_and_their_removal() -> None:
    _fill("a", "four")
    _fill("b", "fives")
    with ArtifactStore("train").scratch("run") as scratch:
        (scratch / "deep").mkdir()
        (scratch / "deep" / "last.ckpt").write_text("123")
    store = ArtifactStore("toy")
    items = store.folder / "items"
    progress = Holding("train", store.folder.parent / "train" / "scratch" / "run", 3, finished=False)
    assert holdings() == [Holding("toy", items / "a", 4, True), Holding("toy", items / "b", 5, True), progress]
    remove(holdings()[0])
    remove(progress)
    assert [held.folder.name for held in holdings()] == ["b"]
    assert store.find("a") is None
    assert not list((store.folder / "partial").iterdir())
    assert (items / "b" / "0.txt").read_text() == "fives"
