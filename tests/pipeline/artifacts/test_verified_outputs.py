"""A folder that was compared with its checksums is read again only after a change, however its times were set."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from pipeline.artifacts import verified_outputs
from pipeline.artifacts.hashing import verified_digests
from pipeline.artifacts.verified_outputs import remembered_digests
from pipeline.runtime.atomic import atomic_folder
from pipeline.runtime.damage import DamagedError

A, B = "a", "b"


class Reader:
    """Verifies folders, and notes which."""

    def __init__(self) -> None:
        self.folders: list[str] = []

    def __call__(self, folders: Sequence[Path]) -> list[str]:
        self.folders += [folder.name for folder in folders]
        return verified_digests(folders)

    def read_in(self, output: Path) -> list[str]:
        """Return the names of the folders that were read to verify the whole output."""
        self.folders.clear()
        assert remembered_digests([output / A, output / B], self) == verified_digests([output / A, output / B])
        return list(self.folders)


@pytest.fixture
def output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An output with two folders; the clock is ten seconds ahead, so that its files count as settled."""
    path = tmp_path / "output"
    with atomic_folder(path) as folder:
        for name in (A, B):
            (folder / name).mkdir()
            (folder / name / "faces").write_bytes(name.encode() * 100)
    now = time.time
    monkeypatch.setattr(verified_outputs.time, "time", lambda: now() + 10)
    return path


def test_unchanged_folders_are_read_once(output: Path) -> None:
    reader = Reader()
    assert [reader.read_in(output) for _ in range(3)] == [[A, B], [], []]


def test_a_write_is_noticed_even_if_size_and_time_are_set_back(output: Path) -> None:
    reader = Reader()
    reader.read_in(output)
    path = output / A / "faces"
    before = path.stat()
    with path.open("r+b") as stream:
        stream.write(b"?")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    with pytest.raises(DamagedError, match="faces"):
        remembered_digests([output / A, output / B], reader)


def test_a_lost_file_is_noticed(output: Path) -> None:
    reader = Reader()
    reader.read_in(output)
    (output / A / "faces").unlink()
    with pytest.raises(DamagedError, match="missing"):
        remembered_digests([output / A], reader)


def test_other_checksums_are_noticed(output: Path) -> None:
    reader = Reader()
    reader.read_in(output)
    checksums = output / ".sha256sums"
    checksums.write_text(checksums.read_text().replace("  b/", "  c/"))
    with pytest.raises(DamagedError, match="does not name b"):
        remembered_digests([output / B], reader)


def test_fresh_files_are_read_again(output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()  # the right time: the files are milliseconds old
    reader = Reader()
    assert [reader.read_in(output) for _ in range(2)] == [[A, B], [A, B]]
