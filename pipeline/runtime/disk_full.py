"""Errors of a full disk: the message names the folder, the free space, and what to do."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REASONS = {errno.ENOSPC: "the disk is full", errno.EDQUOT: "the quota of the disk is used up"}


class DiskFullError(OSError):
    """There is no space left; the message names the folder."""


@contextmanager
def explain_disk_full(folder: Path) -> Iterator[None]:
    """Replace the block's errors of a full disk by errors that name `folder`; those of the system name no folder.

    Raises:
        DiskFullError: if the block fails because the disk is full.
    """
    try:
        yield
    except DiskFullError:
        raise
    except OSError as error:
        if error.errno not in REASONS:
            raise
        free = shutil.disk_usage(_nearest_existing(folder)).free
        raise DiskFullError(
            error.errno,
            f"{REASONS[error.errno]} ({free // 10**6} MB free without what was being written); "
            "make room and run again, what is finished is kept",
            str(folder),
        ) from error


def _nearest_existing(folder: Path) -> Path:
    """Return the folder, or the nearest parent that exists."""
    return next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
