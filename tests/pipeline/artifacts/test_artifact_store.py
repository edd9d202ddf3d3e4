"""The artifact store: items are made once, atomically, by one writer at a time, even if processes are killed."""

import errno
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.artifacts import hashing
from pipeline.artifacts.artifact_store import ArtifactStore, work_root
from tests.simulated_disk import SimulatedDisk


def _write_name(folder: Path) -> None:
    (folder / "name.txt").write_text("made")


def test_an_item_is_made_once_and_hard_linked(tmp_path: Path) -> None:
    store = ArtifactStore("kind")
    calls = []

    def maker(folder: Path) -> None:
        calls.append(folder)
        (folder / "inner").mkdir()
        (folder / "inner" / "value.txt").write_text("7")

    first = store.make("k", maker)
    assert store.make("k", maker) == first
    assert len(calls) == 1
    store.link("k", tmp_path / "out" / "item")
    assert (tmp_path / "out" / "item" / "inner" / "value.txt").read_text() == "7"
    assert (tmp_path / "out" / "item" / "inner" / "value.txt").stat().st_ino == (
        first / "inner/value.txt"
    ).stat().st_ino


def test_a_failed_item_leaves_nothing_and_can_be_made_again() -> None:
    store = ArtifactStore("kind")

    def broken(folder: Path) -> None:
        (folder / "half.txt").write_text("half")
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        store.make("k", broken)
    assert store.find("k") is None
    finished = store.make("k", _write_name)
    assert [path.name for path in finished.iterdir()] == ["name.txt"]
    files = {path for path in store.folder.rglob("*") if path.is_file()}
    assert files == {finished / "name.txt", store.folder / "checksums" / "k.json"}  # no lock, no partial file


def test_an_unfinished_item_cannot_be_linked(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="is not in"):
        ArtifactStore("kind").link("k", tmp_path / "out")


def test_the_key_depends_on_source_kind_and_code() -> None:
    store = ArtifactStore("kind")
    keys = {
        store.key({"a": 1}, hashing.file_digest),
        store.key({"a": 2}, hashing.file_digest),
        store.key({"a": 1}, work_root),
        ArtifactStore("other").key({"a": 1}, hashing.file_digest),
    }
    assert len(keys) == 4
    assert store.key({"b": 2, "a": 1}, work_root) == store.key({"a": 1, "b": 2}, work_root)


def test_the_environment_sets_the_folder_of_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSN_WORK", str(tmp_path / "elsewhere"))
    assert work_root() == tmp_path / "elsewhere"
    monkeypatch.delenv("MSN_WORK")
    monkeypatch.setenv("DVC_ROOT", str(tmp_path / "main"))
    assert work_root() == tmp_path / "main" / ".work"


def _make_slowly(root: Path, log: Path) -> None:
    def maker(folder: Path) -> None:
        with log.open("a") as stream:
            stream.write("start\n")
        time.sleep(0.5)
        (folder / "value").write_text("x")

    ArtifactStore("kind", root).make("k", maker)


def test_concurrent_writers_of_one_item_make_it_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_make_slowly, args=(tmp_path / "work", tmp_path / "log")) for _ in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    assert (tmp_path / "log").read_text() == "start\n"


SLOW_WRITER = """
import sys, time
from pathlib import Path
from pipeline.artifacts.artifact_store import ArtifactStore
def maker(folder):
    (folder / "half").write_text("half")
    print("writing", flush=True)
    time.sleep(60)
ArtifactStore("kind", Path(sys.argv[1])).make("k", maker)
"""


def test_the_partial_item_of_a_killed_writer_is_deleted_and_never_used(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", SLOW_WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"
    store = ArtifactStore("kind", tmp_path)
    store.sweep()
    assert (tmp_path / "kind" / "partial" / "k" / "half").exists()  # its writer is alive
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert store.find("k") is None
    store.sweep()
    assert [list((tmp_path / "kind" / folder).iterdir()) for folder in ("partial", "locks")] == [[], []]
    assert [path.name for path in store.make("k", _write_name).iterdir()] == ["name.txt"]


def test_only_locks_of_dead_processes_are_deleted() -> None:
    store = ArtifactStore("kind")
    dead = store.folder / "locks" / "dead"
    with store.scratch("held"):
        dead.write_text("")  # its process was killed before it made a folder, or after it renamed the item
        store.sweep()
        assert [path.name for path in dead.parent.iterdir()] == ["held.scratch"]
    assert list(dead.parent.iterdir()) == []


def test_scratch_outlives_the_process() -> None:
    store = ArtifactStore("kind")
    with store.scratch("k") as folder:
        (folder / "checkpoint").write_text("step 3")
    with store.scratch("k") as folder:
        assert (folder / "checkpoint").read_text() == "step 3"


@dataclass
class CountingMaker:
    """Fills an item with three files, and counts how often."""

    calls: int = 0

    def __call__(self, folder: Path) -> None:
        self.calls += 1
        (folder / "faces").mkdir()
        (folder / "faces" / "shard").write_bytes(b"0123456789")
        (folder / "origin").write_bytes(b"11")
        (folder / "empty").write_bytes(b"")


def _cut(item: Path) -> None:
    os.truncate(item / "faces/shard", 7)


def _overwrite(item: Path) -> None:
    with (item / "faces/shard").open("r+b") as stream:
        stream.seek(4)
        stream.write(b"x")


def _lose(item: Path) -> None:
    (item / "faces/shard").unlink()


def _lose_checksums(item: Path) -> None:
    (item.parents[1] / "checksums" / f"{item.name}.json").unlink()


def _cut_checksums(item: Path) -> None:
    os.truncate(item.parents[1] / "checksums" / f"{item.name}.json", 20)


DAMAGES = [
    (_cut, "faces/shard has other content than when it was finished"),
    (_overwrite, "faces/shard has other content than when it was finished"),
    (_lose, "faces/shard is missing"),
    (_cut_checksums, "its checksums cannot be read: "),
]


@pytest.mark.parametrize(("damage", "message"), DAMAGES)
def test_a_damaged_item_is_named_dropped_and_made_again(
    damage: Callable[[Path], None], message: str, caplog: pytest.LogCaptureFixture
) -> None:
    store, maker = ArtifactStore("kind"), CountingMaker()
    item = store.make("k", maker)
    assert store.verify("k") is None
    damage(item)
    assert str(store.verify("k")).startswith(message)
    assert store.find("k") is None
    assert store.make("k", maker) == store.find("k") == item
    assert (item / "faces/shard").read_bytes() == b"0123456789"
    assert maker.calls == 2
    damage(item)
    store.make("k", maker)  # without verification before
    assert maker.calls == 3
    (record,) = caplog.records
    assert record.getMessage().startswith(f"{item} was damaged: {message}")


def test_damage_that_keeps_size_and_time_is_found_and_shown_to_dvc(tmp_path: Path) -> None:
    store, maker = ArtifactStore("kind"), CountingMaker()
    item = store.make("k", maker)
    output = tmp_path / "out"
    store.link("k", output)
    (output / "faces/shard").chmod(0o440)  # DVC makes outputs that its cache shares read-only
    before = (output / "faces/shard").stat()
    _overwrite(item)
    os.utime(item / "faces/shard", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert store.verify("k") == "faces/shard has other content than when it was finished"
    assert not item.exists()
    after = (output / "faces/shard").stat()
    assert after.st_mtime_ns != before.st_mtime_ns  # so DVC hashes the output, and the file in its cache, again
    assert after.st_mode & 0o777 == 0o640
    assert store.verify("k") is None


def test_an_item_of_a_version_without_checksums_is_kept() -> None:
    store, maker = ArtifactStore("kind"), CountingMaker()
    item = store.make("k", maker)
    _lose_checksums(item)
    assert store.verify("k") is None
    assert store.make("k", maker) == item
    assert maker.calls == 1
    _cut(item)
    assert store.verify("k") == "faces/shard has other content than when it was finished"


def test_files_of_the_system_are_left_out(tmp_path: Path) -> None:
    store = ArtifactStore("kind")
    item = store.make("k", CountingMaker())
    (item / "faces" / ".nfs0001").write_bytes(b"open elsewhere")
    assert store.verify("k") is None
    store.link("k", tmp_path / "out")
    files = sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*"))
    assert files == ["empty", "faces", "faces/shard", "origin"]


def test_a_failing_disk_is_damage_and_other_errors_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    store, maker = ArtifactStore("kind"), CountingMaker()
    item = store.make("k", maker)

    def fail(number: int) -> None:
        def file_digest(path: Path) -> str:
            raise OSError(number, os.strerror(number), str(path))

        monkeypatch.setattr("pipeline.artifacts.checksums.file_digest", file_digest)

    fail(errno.EACCES)
    with pytest.raises(PermissionError):
        store.verify("k")
    assert store.find("k") == item
    fail(errno.EIO)
    assert store.verify("k") == "empty cannot be read: Input/output error"
    assert store.find("k") is None


def test_an_item_is_dropped_with_its_checksums() -> None:
    store = ArtifactStore("kind")
    store.make("k", CountingMaker())
    store.drop(store.item("k"))
    assert [path for path in store.folder.rglob("*") if path.is_file()] == []


class PowerLoss(BaseException):
    """The machine stops."""


def test_a_power_loss_after_an_item_leaves_it_whole(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    disk, store, maker = SimulatedDisk(monkeypatch), ArtifactStore("kind"), CountingMaker()
    item = store.make("k", maker)
    for folder in (item, item / "faces", item.parent):  # the names, too
        assert disk.flushed[folder.stat().st_ino] == frozenset(os.listdir(folder))
    disk.lose_power(store.folder)
    assert store.verify("k") is None
    assert (item / "faces/shard").read_bytes() == b"0123456789"
    assert (maker.calls, caplog.records) == (1, [])


def test_what_was_not_flushed_is_lost_in_a_simulated_power_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the test above."""
    disk, store, maker = SimulatedDisk(monkeypatch), ArtifactStore("kind"), CountingMaker()
    monkeypatch.setattr("pipeline.artifacts.artifact_store.flush_tree", lambda folder: None)
    item = store.make("k", maker)
    disk.lose_power(store.folder)
    assert (item / "faces/shard").read_bytes() == b""
    store.make("k", maker)
    assert maker.calls == 2


def test_a_power_loss_before_the_rename_leaves_no_item(monkeypatch: pytest.MonkeyPatch) -> None:
    disk, store, maker = SimulatedDisk(monkeypatch), ArtifactStore("kind"), CountingMaker()

    def lose_power(source: Path, destination: Path) -> None:
        raise PowerLoss

    with monkeypatch.context() as patch, pytest.raises(PowerLoss):
        patch.setattr(os, "rename", lose_power)
        store.make("k", maker)
    disk.lose_power(store.folder)
    assert store.find("k") is None
    assert (store.make("k", maker) / "faces/shard").read_bytes() == b"0123456789"
