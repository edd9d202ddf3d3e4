"""Atomic outputs are on disk before they get their names, and no other account redirects or reads what is written."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.runtime import atomic, durable
from pipeline.runtime.atomic import atomic_file, atomic_folder, write_text_atomically
from tests.simulated_disk import SimulatedDisk

NOBODY = 65534
NAMES = [f"report.html{number}.partial" for number in ("", ".0", ".1")]
HANG = """
import time
from pathlib import Path
from pipeline.runtime.atomic import atomic_file, atomic_folder
with atomic_file(Path("file")) as partial, atomic_folder(Path("folder")) as folder:
    partial.write_text("half")
    (folder / "half").write_text("half")
    print("written", flush=True)
    time.sleep(600)
"""


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


@pytest.mark.skipif(os.getuid() != 0, reason="needs root: another account plants the links")
def test_links_and_folders_of_another_account_are_passed_over(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    victim = tmp_path / "victim"
    victim.write_text("kept")
    for name in NAMES:
        (shared / name).symlink_to(victim)
        os.lchown(shared / name, NOBODY, NOBODY)
    (shared / "report.html.2.partial").mkdir()
    os.chown(shared / "report.html.2.partial", NOBODY, NOBODY)
    write_text_atomically(shared / "report.html", "new")
    _write_folder(shared / "report.html.d")
    assert victim.read_text() == "kept"
    assert (shared / "report.html").read_text() == "new"
    assert not (shared / "report.html").is_symlink()
    names = {path.name for path in shared.iterdir()}
    assert names == {*NAMES, "report.html.2.partial", "report.html", "report.html.d"}
    assert list((shared / "report.html.2.partial").iterdir()) == []


def test_no_other_account_can_read_what_is_being_written(tmp_path: Path) -> None:
    with atomic_file(tmp_path / "file") as partial, atomic_folder(tmp_path / "folder"):
        partial.write_text("new")
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {"file.0.partial": 0o700, "folder.0.partial": 0o700}


@pytest.mark.parametrize(
    ("umask", "file", "folder"), [(0o022, 0o644, 0o755), (0o002, 0o664, 0o775), (0o077, 0o600, 0o700)]
)
def test_outputs_have_the_modes_of_the_umask(tmp_path: Path, umask: int, file: int, folder: int) -> None:
    before = os.umask(umask)
    try:
        write_text_atomically(tmp_path / "file", "new")
        _write_folder(tmp_path / "folder")
    finally:
        os.umask(before)
    modes = [(tmp_path / name).stat().st_mode & 0o777 for name in ("file", "folder", "folder/inner/value")]
    assert modes == [file, folder, file]


def test_two_writers_of_one_output_do_not_disturb_each_other(tmp_path: Path) -> None:
    file, folder = tmp_path / "file", tmp_path / "folder"
    with atomic_file(file) as first, atomic_folder(folder) as first_folder:
        first.write_text("first")
        (first_folder / "first").touch()
        with atomic_file(file) as second, atomic_folder(folder) as second_folder:
            second.write_text("second")
            (second_folder / "second").touch()
        assert file.read_text() == "second"
        assert sorted(os.listdir(folder)) == [".sha256sums", "second"]
    assert file.read_text() == "first"
    assert sorted(os.listdir(folder)) == [".sha256sums", "first"]
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]


def test_what_a_killed_process_left_is_removed_by_the_next(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", HANG], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "written\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert sorted(os.listdir(tmp_path)) == ["file.0.partial", "folder.0.partial"]
    write_text_atomically(tmp_path / "file", "new")
    _write_folder(tmp_path / "folder")
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]
    assert sorted(os.listdir(tmp_path / "folder")) == [".sha256sums", "inner"]
