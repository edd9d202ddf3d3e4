"""Folders of outputs that were compared with their checksums, remembered so that an unchanged one is not read again.

The state of a folder is the name, size, inode, modification time and change time of every file. The system sets the
change time at every write, and no program can set it back. What remains unseen is damage without a write, by a failing
disk: `msn work verify` reads everything.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from pipeline.artifacts.artifact_store import work_root
from pipeline.artifacts.hashing import json_digest, verified_digests
from pipeline.artifacts.remembered_hashes import State, remembered_hashes
from pipeline.runtime.file_digest import files_below
from pipeline.runtime.output_checksums import NAME

SETTLED = 2.0  # seconds: a file that was changed later than this could change again without another time


def remembered_digests(
    folders: Sequence[Path], verify: Callable[[Sequence[Path]], Sequence[str]] = verified_digests
) -> list[str]:
    """Return the content hash of each folder of an output, as `verified_digest` does, reading only changed ones.

    Args:
        folders: of outputs that stages wrote.
        verify: compares folders with their checksums and returns their hashes.

    Raises:
        DamagedError: if a file of a folder is not as the stage that made it left it.
    """
    absolute = {folder: str(folder.resolve()) for folder in folders}
    states = {name: _state(folder) for folder, name in absolute.items()}
    hashes = remembered_hashes(
        work_root() / "verified.json",
        states,
        lambda changed: verify([folder for folder, name in absolute.items() if name in set(changed)]),
        "outputs",
    )
    return [hashes[absolute[folder]] for folder in folders]


def _state(folder: Path) -> State:
    """Return what differs after any write to the files of a folder or to its checksums."""
    statuses = {path.relative_to(folder.parent).as_posix(): path.stat() for path in files_below(folder)}
    checksums = folder.parent / NAME
    if checksums.is_file():
        statuses[NAME] = checksums.stat()
    rows = [
        [name, status.st_size, status.st_ino, status.st_mtime_ns, status.st_ctime_ns]
        for name, status in sorted(statuses.items())
    ]
    changed = max((status.st_ctime for status in statuses.values()), default=0.0)
    # A state that may still change within the resolution of the clock is remembered under a name that never returns.
    settled = time.time() - changed > SETTLED
    return [json_digest(rows), "" if settled else str(time.time_ns())]
