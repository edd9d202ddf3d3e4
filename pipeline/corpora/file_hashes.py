"""Content hashes of big files, remembered by path, size and time of change."""

import json
from collections.abc import Iterable
from pathlib import Path

from pipeline.artifacts.artifact_store import work_root
from pipeline.artifacts.hashing import file_digest
from pipeline.artifacts.locks import hold_lock
from pipeline.parallel.workers import map_items
from pipeline.runtime.atomic import write_text_atomically
from pipeline.runtime.disk_full import explain_disk_full


def file_hashes(paths: Iterable[Path]) -> dict[Path, str]:
    """SHA-256 of each file; only files that are new or changed are read."""
    memory = work_root() / "hashes.json"
    known = _known(memory)
    states = {path: _state(path) for path in paths}
    unknown = [path for path, state in states.items() if known.get(str(path.resolve()), [])[:2] != state]
    if unknown:
        whole = [path.resolve() for path in unknown]  # workers may run in another folder
        found = map_items(file_digest, whole, "hashing videos")
        learnt = {str(path.resolve()): [*states[path], digest] for path, digest in zip(unknown, found, strict=True)}
        known |= learnt
        with explain_disk_full(memory.parent), hold_lock(memory.with_name("hashes.lock")):
            write_text_atomically(memory, json.dumps(_known(memory) | learnt, indent=0, sort_keys=True))
    return {path: str(known[str(path.resolve())][2]) for path in states}


def _known(memory: Path) -> dict[str, list[int | str]]:
    """Size, time of change and hash of files, by their path."""
    known: dict[str, list[int | str]] = json.loads(memory.read_text()) if memory.is_file() else {}
    return known


def _state(path: Path) -> list[int]:
    status = path.stat()
    return [status.st_size, status.st_mtime_ns]
