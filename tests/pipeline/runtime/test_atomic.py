"""Atomic outputs are on disk before they get their names."""

import os
from pathlib import Path

import pytest

from pipeline.runtime import atomic, durable
from pipeline.runtime.atomic import atomic_folder, write_text_atomically
from tests.simulated_disk import SimulatedDisk


def _write_folder(path: Path) -> None:
    with atomic_folder(path) as folder:
        (folder / "inner").mkdir()
        (folder / "inner" / "value").write_text("new")


def test_a_power_loss_leaves_new_outputs_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = SimulatedDisk(monkeypatch)
    write_text_atomically(tmp_path / "file", "new")
    _write_folder(tmp_path / "folder")
    for folder in (tmp_path, tmp_path / "folder", tmp_path / "folder" / "inner"):
        assert disk.flushed[folder.stat().st_ino] == frozenset(os.listdir(folder))
    disk.lose_power(tmp_path)
    assert (tmp_path / "file").read_text() == "new"
    assert (tmp_path / "folder/inner/value").read_text() == "new"


def test_without_flushing_they_would_be_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = SimulatedDisk(monkeypatch)
    monkeypatch.setattr(atomic, "flush", lambda path: None)
    monkeypatch.setattr(atomic, "flush_tree", lambda path: None)
    write_text_atomically(tmp_path / "file", "new")
    _write_folder(tmp_path / "folder")
    disk.lose_power(tmp_path)
    assert (tmp_path / "file").read_text() == (tmp_path / "folder/inner/value").read_text() == ""


def test_a_file_system_that_cannot_flush_is_used_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(number: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(durable.os, "fsync", lambda descriptor: refuse(durable.errno.EINVAL))
    _write_folder(tmp_path / "folder")
    assert (tmp_path / "folder/inner/value").read_text() == "new"
    monkeypatch.setattr(durable.os, "fsync", lambda descriptor: refuse(durable.errno.EIO))
    with pytest.raises(OSError, match="Input/output error"):
        _write_folder(tmp_path / "folder")
    assert (tmp_path / "folder/inner/value").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
