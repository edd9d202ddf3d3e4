"""Telling of a full disk: which folder, how much is left, what to do."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FULL = {errno.ENOSPC: "the disk is full", errno.EDQUOT: "the quota of the disk is used up"}


class DiskFullError(OSError):
    """There is no space left; the message says where."""


@contextmanager
def explain_disk_full(folder: Path) -> Iterator[None]:
    """Have the block's errors of a full disk say that it was writing below `folder`, which the system's do not.

    Raises:
        DiskFullError: where the block ended for want of space.
    """
    try:
        yield
    except DiskFullError:
        raise
    except OSError as error:
        if error.errno not in FULL:
            raise
        free = shutil.disk_usage(_existing(folder)).free
        raise DiskFullError(
            error.errno,
            f"{FULL[error.errno]} ({free // 10**6} MB free without what was being written); "
            "make room and run again, what is finished is kept",
            str(folder),
        ) from error


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    return next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
