"""Flushing to disk: what is renamed into place is flushed first, so a power loss leaves the old content or the new.

Without it a file system may keep the rename and lose the content: after a power loss the file is there, and empty.
"""

import errno
import os
from pathlib import Path

CANNOT_FLUSH = (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS, errno.EBADF, errno.EACCES)  # of file systems without fsync


def flush(path: Path) -> None:
    """Flush a file to disk; of a folder, its list of names."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in CANNOT_FLUSH:
            raise
    finally:
        os.close(descriptor)


def flush_tree(folder: Path) -> None:
    """Flush all files and folders below `folder` to disk, and then `folder` itself."""
    for parent, _, names in os.walk(folder, topdown=False):
        for name in names:
            flush(Path(parent, name))
        flush(Path(parent))
