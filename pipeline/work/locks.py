"""Locks between processes, as files: held until the block ends or the holder dies, however that happens."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(path: Path, wait: bool = True) -> Iterator[bool]:
    """Hold the lock at `path`, a file that is there for as long as someone holds it, or has died holding it.

    Args:
        path: of the lock.
        wait: else False is yielded at once where another process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        stream = path.open("w")
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            stream.close()
            yield False
            return
        if _is_at(path, stream.fileno()):
            break
        stream.close()  # the one before us took the file away while we waited: lock the file that is there now
    try:
        yield True
    finally:
        path.unlink(missing_ok=True)
        stream.close()


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
