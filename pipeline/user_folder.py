"""Folders of the user's own, for files that no other account may make, read or replace.

A name in the shared temporary folder can be guessed, and another account can put a folder or a link there first.
"""

import os
import stat
from contextlib import suppress
from pathlib import Path


class UnsafeFolderError(OSError):
    """A folder that should be the user's own is a link, belongs to another account, or others could change it."""


def user_folder(purpose: str) -> Path:
    """Return the folder for `purpose` below the user's cache folder; it is made if it is missing.

    The cache folder is the one that XDG_CACHE_HOME names, else ~/.cache. XDG_RUNTIME_DIR would be gone at a logout,
    and batch jobs have none: a lock there would not be the same for all processes of the user.

    Raises:
        UnsafeFolderError: if another account could change what is in it.
    """
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    for name in ("msn-depression", purpose):
        folder = folder / name
        keep_for_user(folder, "XDG_CACHE_HOME")
    return folder


def keep_for_user(folder: Path, variable: str) -> None:
    """Make a folder if it is missing, and close it to other accounts.

    A folder that a group can change is taken only if it is empty: PyTorch leaves one where new files are the group's.

    Args:
        folder: only the user and root may be able to rename it, as in a temporary folder with the sticky bit.
        variable: of the environment, which can name another place.

    Raises:
        UnsafeFolderError: if another account could have changed what is in it.
    """
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700, parents=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode):
        reason = "is a link or file, no folder"
    elif status.st_uid != os.getuid():
        reason = f"belongs to user {status.st_uid}, not to {os.getuid()}"
    elif status.st_mode & stat.S_IWOTH:
        reason = f"can be changed by all accounts (mode {stat.S_IMODE(status.st_mode):o})"
    elif status.st_mode & stat.S_IWGRP and not _make_anew(folder):
        reason = f"can be changed by a group (mode {stat.S_IMODE(status.st_mode):o}), and is not empty"
    else:
        folder.chmod(0o700)
        return
    raise UnsafeFolderError(f"{folder} {reason}; remove it, or name a folder of your own in {variable}")


def _make_anew(folder: Path) -> bool:
    """Replace an empty folder by one that is closed to others; return False if it is not empty.

    A look into it would not do: another account could add a file between the look and the closing.
    """
    try:
        folder.rmdir()
    except OSError:
        return False
    folder.mkdir(mode=0o700)
    return True
