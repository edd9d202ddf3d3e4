"""Damaged files: their error, and how DVC comes to see the damage."""

import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path


class DamagedError(ValueError):
    """A file is damaged or lost; the message names it."""


def make_dvc_look_again(paths: Iterable[Path]) -> None:
    """Give damaged files a new time and let their owner write them.

    Items, outputs and DVC's cache may be hard links to the same files. DVC trusts a read-only file in its cache, and an
    output with the time that it remembers: now it hashes them again, finds the damage, and runs the stage again.
    """
    for path in paths:
        with suppress(OSError):  # lost, another account's, or on a disk that has become read-only
            path.chmod(path.stat().st_mode | stat.S_IWUSR)
            os.utime(path)


def damaged(path: Path, problem: str) -> DamagedError:
    """Return the error of a file of an output, after `make_dvc_look_again`.

    Args:
        path: of the file.
        problem: what is wrong with it.
    """
    make_dvc_look_again([path])
    return DamagedError(f"{path}: {problem}; `dvc repro` makes it again")
