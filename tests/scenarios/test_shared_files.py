"""Outputs, the artifact store and DVC's cache are hard links to the same files, and no later command damages one."""

import hashlib
import shutil
from pathlib import Path
from typing import Any

import pytest

from pipeline.artifacts.hashing import folder_digest

BLOCK = 4096  # bytes; equal small files (the descriptions of arrays) are one file in the cache


def _inodes(folder: Path) -> set[int]:
    return {path.stat().st_ino for path in folder.rglob("*") if path.is_file()}


def _items(project: Any) -> dict[str, str]:
    """The content hash of every finished item, by kind and key."""
    folders = (project.folder / ".work").glob("*/items/*")
    return {f"{path.parents[1].name}/{path.name}": folder_digest(path) for path in folders}


def _damaged_objects(project: Any) -> list[str]:
    """The files in DVC's cache whose content is not that of their name."""
    objects = [path for path in (project.folder / ".dvc/cache/files/md5").rglob("*") if path.is_file()]
    return [
        str(path)
        for path in objects
        if hashlib.md5(path.read_bytes()).hexdigest() != (path.parent.name + path.name).removesuffix(".dir")
    ]


@pytest.fixture
def subsampled(fresh_project: Any) -> Any:
    """The project after a run of all stages up to subsample, committed; a copy of `built` would share no files."""
    fresh_project.reproduce("subsample")
    fresh_project.run("git", "add", "-A")
    fresh_project.run("git", "commit", "-qm", "run")
    return fresh_project


def _large_files(project: Any) -> set[int]:
    """The inodes of the large files of items."""
    files = (project.folder / ".work").glob("*/items/**/*")
    return {path.stat().st_ino for path in files if path.is_file() and path.stat().st_size > BLOCK}


def test_every_large_file_of_an_item_is_shared(subsampled: Any) -> None:
    cache, data = _inodes(subsampled.folder / ".dvc/cache"), _inodes(subsampled.folder / "data")
    large = _large_files(subsampled)
    assert len(large) >= 24  # the faces of twelve recordings, aligned and subsampled
    assert large <= cache & data
    assert data <= cache
    files = [path for path in (subsampled.folder / ".work").glob("*/items/**/*") if path.is_file()]
    shared = {path.read_bytes() for path in files if path.stat().st_ino in cache}
    assert all(path.read_bytes() in shared for path in files)  # the others equal a file that is shared


@pytest.mark.long
def test_later_commands_damage_no_shared_file(subsampled: Any) -> None:
    project, items, large = subsampled, _items(subsampled), _large_files(subsampled)
    lock = (project.folder / "dvc.lock").read_text()

    def go_back() -> None:
        project.run("git", "checkout", "params.yaml", "dvc.lock")
        project.run("dvc", "checkout", "simulate", "ingest", "decode", "align", "subsample")
        assert project.reproduce("subsample") == []

    project.change(align__max_gap=0)
    assert project.reproduce("subsample") == ["align", "subsample"]
    go_back()
    project.run("dvc", "exp", "run", "subsample", "-S", "subsample.factor=4")
    go_back()
    shutil.rmtree(project.folder / "data")
    go_back()
    project.run("dvc", "repro", "--force", "subsample")
    assert (project.folder / "dvc.lock").read_text() == lock
    project.run("python", "-m", "pipeline.cli", "work", "prune", "--yes")
    assert items.items() <= _items(project).items()
    assert large <= _inodes(project.folder / "data") & _inodes(project.folder / ".dvc/cache")
    assert _damaged_objects(project) == []
    assert project.reproduce("subsample") == []
