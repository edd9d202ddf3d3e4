"""Atomic outputs: a file or folder is written beside its place, flushed to disk, and then renamed into it."""

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, LOCK_NB, flock
from itertools import count
from pathlib import Path
from typing import IO

from pipeline.runtime.disk_full import explain_disk_full
from pipeline.runtime.durable import flush, flush_tree
from pipeline.runtime.output_checksums import complete_checksums


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Yield the path of a temporary file of the same name; replace `path` with it when the block succeeds.

    Missing parent folders are created. When the block fails, the temporary file is removed and `path` is unchanged.
    """
    with _partial_folder(path) as folder:
        partial = folder / path.name
        yield partial
        flush(partial)
        os.replace(partial, path)
    flush(path.parent)


def write_text_atomically(path: Path, text: str) -> None:
    """Write a UTF-8 text file; readers see the old content or the new one, never a part."""
    with atomic_file(path) as partial:
        partial.write_text(text, encoding="utf-8")


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Yield an empty temporary folder of the same name; replace `path` with it when the block succeeds.

    The folder gets the checksums of its files (see `pipeline.runtime.output_checksums`). Missing parent folders are
    created. When the block fails, the temporary folder is removed and `path` is unchanged.

    Raises:
        DiskFullError: if the block fails because the disk is full.
    """
    with explain_disk_full(path), _partial_folder(path) as folder:
        partial = folder / path.name
        partial.mkdir()
        yield partial
        complete_checksums(partial)
        flush_tree(partial)
        if path.exists():
            os.rename(path, folder / f"{path.name}.replaced")  # removed with `folder`
        os.rename(partial, path)
    flush(path.parent)


@contextmanager
def _partial_folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder in one that no other account can enter and no other process uses; remove both at the end.

    The outer one is beside `path`, and its name ends in `.partial`. What a killed process left in it is removed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    names = (path.with_name(f"{path.name}.{number}.partial") for number in count())
    outer, lock = next((outer, lock) for outer in names if (lock := _claim(outer)) is not None)
    with lock:
        inner = outer / "new"
        try:
            shutil.rmtree(inner, ignore_errors=True)
            inner.mkdir()
            yield inner
        finally:
            shutil.rmtree(inner, ignore_errors=True)
            Path(lock.name).unlink(missing_ok=True)  # while it is held, so that nobody can find and lock it
            with suppress(OSError):  # another process has made a new lock in the folder, and uses it
                outer.rmdir()


def _claim(folder: Path) -> IO[bytes] | None:
    """Make a folder closed to other accounts, or take over one that a killed process has left; return its locked file.

    Returns:
        None if the name is taken: by another process, or by a link or folder of another account, which can put one
        where all may write, as in /tmp.
    """
    try:
        folder.mkdir(mode=0o700)  # follows no link
        made = True
    except FileExistsError:
        made = False
    try:
        if not (made or _is_closed(folder.lstat())):
            return None
        lock = (folder / "lock").open("wb")
    except FileNotFoundError:  # another process has just removed the folder
        return None
    try:
        flock(lock, LOCK_EX | LOCK_NB)
        free = os.fstat(lock.fileno()).st_nlink > 0  # else its owner has just removed it
    except BlockingIOError:
        free = False
    except OSError:  # the file system has no locks: nobody can tell whether a folder that was there is in use
        free = made
    if free:
        return lock
    lock.close()
    return None


def _is_closed(status: os.stat_result) -> bool:
    """Whether it is a folder of the user's own which no other account can enter."""
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o077
