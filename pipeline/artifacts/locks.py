"""Locks between processes: a file that is locked until the block ends or the holding process dies."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout


@contextmanager
def hold_lock(path: Path, wait: bool = True) -> Iterator[bool]:
    """Hold the lock at `path`; yield whether it is held.

    The file exists while the lock is held, and is left behind only by a process that was killed.

    Args:
        path: of the lock file.
        wait: for the process that holds the lock; otherwise False is yielded at once.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    try:
        lock.acquire(blocking=wait)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        path.unlink(missing_ok=True)  # while it is held: filelock notices, and locks the file that is there next
        lock.release()
