"""The artifact store: items are made once, atomically, by one writer at a time, even if processes are killed."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.artifacts import hashing
from pipeline.artifacts.artifact_store import ArtifactStore, work_root


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
    files = [path for path in store.folder.rglob("*") if path.is_file()]
    assert files == [finished / "name.txt"]  # no lock, no partial file


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
