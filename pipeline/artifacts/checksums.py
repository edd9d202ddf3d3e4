"""Checksums of an item's files, recorded when it is finished, by which damage is found later.

Damage is a file that is missing, cut, overwritten or added: by a failing disk, a power loss or another program.
"""

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline.artifacts.hashing import file_digest, files_below
from pipeline.runtime.atomic import write_text_atomically


@dataclass(frozen=True)
class FileState:
    """The state of a file.

    Attributes:
        bytes: its size.
        modified: the time of its last modification, in nanoseconds since 1970.
        sha256: the hash of its content.
    """

    bytes: int
    modified: int
    sha256: str

    @classmethod
    def of(cls, path: Path) -> "FileState":
        """Read the state of the file at `path`."""
        status = path.stat()
        return cls(status.st_size, status.st_mtime_ns, file_digest(path))

    def has_same_times(self, path: Path) -> bool:
        """Whether the file at `path` has this size and modification time."""
        status = path.stat()
        return (status.st_size, status.st_mtime_ns) == (self.bytes, self.modified)


def write_checksums(record: Path, folder: Path) -> None:
    """Write the state of every file below `folder` to the JSON file `record`, by its path in `folder`."""
    states = {path.relative_to(folder).as_posix(): asdict(FileState.of(path)) for path in files_below(folder)}
    write_text_atomically(record, json.dumps(states, indent=0))


def find_damage(record: Path, folder: Path, hash_all: bool = False) -> str | None:
    """Return what differs from the record below `folder`, or None.

    A file with the recorded size and modification time is taken to be unchanged, as in Git's index. Any other file is
    hashed; if its content is as recorded (it was copied, or linked anew), the record gets its new time.

    Args:
        record: written by `write_checksums`.
        folder: of the item.
        hash_all: whether every file is hashed.
    """
    try:
        states = _read(record)
    except FileNotFoundError:
        return "its checksums are missing"
    except (ValueError, TypeError, AttributeError):
        return f"its checksums cannot be read: {record}"
    paths = {path.relative_to(folder).as_posix(): path for path in files_below(folder)}
    if missing := sorted(states.keys() - paths.keys()):
        return f"{missing[0]} is missing"
    if added := sorted(paths.keys() - states.keys()):
        return f"{added[0]} does not belong to it"
    changed = [name for name, path in paths.items() if hash_all or not states[name].has_same_times(path)]
    for name in changed:
        status, state = paths[name].stat(), states[name]
        if status.st_size != state.bytes:
            return f"{name} has {status.st_size} bytes instead of {state.bytes}"
        if file_digest(paths[name]) != state.sha256:
            return f"{name} has other content than when it was finished"
    if not all(states[name].has_same_times(paths[name]) for name in changed):
        write_checksums(record, folder)
    return None


def read_digests(record: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of an item, by its path in the item, from the record of the item."""
    return {name: state.sha256 for name, state in _read(record).items()}


def make_dvc_look_again(paths: Iterable[Path]) -> None:
    """Give damaged files a new time and make them writable.

    Items, outputs and DVC's cache may be hard links to the same files. DVC trusts a read-only file in its cache, and an
    output with the time that it remembers: now it hashes them again, finds the damage, and runs the stage again.
    """
    for path in paths:
        with suppress(FileNotFoundError, PermissionError):  # lost, or another account's
            path.chmod(0o644)
            os.utime(path)


def _read(record: Path) -> dict[str, FileState]:
    values = json.loads(record.read_text(encoding="utf-8"))
    return {name: FileState(**state) for name, state in values.items()}
