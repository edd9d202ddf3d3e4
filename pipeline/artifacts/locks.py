"""Locks between processes: a file stays locked until the block ends or the process that locked it dies."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout


@contextmanager
def hold_lock(path: Path, wait: bool = True) -> Iterator[bool]:
    """Acquire the lock at `path` for the block; yield whether it was acquired.

    The file exists while the lock is held, and is left behind only by a process that was killed.

    Args:
        path: of the lock file.
        wait: whether to wait for the process that holds the lock; if not, False is yielded at once.
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
        path.unlink(missing_ok=True)  # before the release: a waiting filelock notices, and locks the new file instead
        lock.release()
