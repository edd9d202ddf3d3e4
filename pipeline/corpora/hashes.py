"""Content hashes of big files, remembered by path, size and time of change."""

import json
import os
from collections.abc import Iterable
from pathlib import Path

from pipeline.work.content import file_digest
from pipeline.work.disk import naming_the_full_disk
from pipeline.work.finished import work_root
from pipeline.work.locks import locked
from pipeline.work.workers import map_items


def digests(paths: Iterable[Path]) -> dict[Path, str]:
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
        with naming_the_full_disk(memory.parent), locked(memory.with_name("hashes.lock")):
            partial = memory.with_name(f"{memory.name}.partial")
            partial.write_text(json.dumps(_known(memory) | learnt, indent=0, sort_keys=True))
            os.replace(partial, memory)
    return {path: str(known[str(path.resolve())][2]) for path in states}


def _known(memory: Path) -> dict[str, list[int | str]]:
    """Size, time of change and hash of files, by their path."""
    known: dict[str, list[int | str]] = json.loads(memory.read_text()) if memory.is_file() else {}
    return known


def _state(path: Path) -> list[int]:
    status = path.stat()
    return [status.st_size, status.st_mtime_ns]
