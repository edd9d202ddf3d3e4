"""Content hashes of big files, remembered by path, size and time of change."""

import json
import os
from collections.abc import Iterable
from pathlib import Path

from pipeline.work.content import file_digest
from pipeline.work.finished import work_root
from pipeline.work.workers import map_items


def digests(paths: Iterable[Path]) -> dict[Path, str]:
    """SHA-256 of each file; only files that are new or changed are read."""
    memory = work_root() / "hashes.json"
    known: dict[str, list[int | str]] = json.loads(memory.read_text()) if memory.is_file() else {}
    states = {path: _state(path) for path in paths}
    unknown = [path for path, state in states.items() if known.get(str(path.resolve()), [])[:2] != state]
    found = map_items(file_digest, [path.resolve() for path in unknown], "hashing videos")  # workers may run elsewhere
    for path, digest in zip(unknown, found, strict=True):
        known[str(path.resolve())] = [*states[path], digest]
    if unknown:
        memory.parent.mkdir(parents=True, exist_ok=True)
        partial = memory.with_name(f"{memory.name}.{os.getpid()}.partial")
        partial.write_text(json.dumps(known, indent=0, sort_keys=True))
        os.replace(partial, memory)
    return {path: str(known[str(path.resolve())][2]) for path in states}


def _state(path: Path) -> list[int]:
    status = path.stat()
    return [status.st_size, status.st_mtime_ns]
