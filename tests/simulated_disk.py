"""A simulated power loss: what was not flushed to disk is lost."""

import os
from pathlib import Path

import pytest


class SimulatedDisk:
    """What survives a power loss: content that was flushed after its last change, and names of flushed folders.

    Attributes:
        flushed: the content of each file by inode when it was flushed; for a folder, its names.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.flushed: dict[int, bytes | frozenset[str]] = {}
        fsync = os.fsync

        def note(descriptor: int) -> None:
            fsync(descriptor)
            path = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
            self.flushed[path.stat().st_ino] = frozenset(os.listdir(path)) if path.is_dir() else path.read_bytes()

        monkeypatch.setattr(os, "fsync", note)

    def lose_power(self, folder: Path) -> None:
        """Leave below `folder` what a journaling file system leaves at worst: all names, without unflushed content."""
        for path in list(folder.rglob("*")):
            if path.is_file():
                path.write_bytes(self.flushed.get(path.stat().st_ino, b""))  # type: ignore[arg-type]
