"""Content hashes of videos, remembered by path, size and modification time."""

from collections.abc import Iterable
from pathlib import Path

from pipeline.artifacts.artifact_store import work_root
from pipeline.artifacts.remembered_hashes import State, remembered_hashes
from pipeline.parallel.workers import map_items
from pipeline.runtime.file_digest import file_digest


def file_hashes(paths: Iterable[Path]) -> dict[Path, str]:
    """Return the SHA-256 of each file; only new and changed files are read."""
    absolute = {path: str(path.resolve()) for path in paths}  # workers may run in another folder
    states = {name: _state(path) for path, name in absolute.items()}
    hashes = remembered_hashes(work_root() / "hashes.json", states, _hash, "videos")
    return {path: hashes[name] for path, name in absolute.items()}


def _hash(paths: list[str]) -> list[str]:
    return map_items(file_digest, [Path(path) for path in paths], "hashing videos")


def _state(path: Path) -> State:
    """Return the size and modification time of a file."""
    status = path.stat()
    return [status.st_size, status.st_mtime_ns]
