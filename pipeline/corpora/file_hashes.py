"""Content hashes of large files, cached by path, size and modification time."""

import json
import logging
from collections.abc import Iterable
from pathlib import Path

from pipeline.artifacts.artifact_store import work_root
from pipeline.artifacts.hashing import json_digest
from pipeline.artifacts.locks import hold_lock
from pipeline.parallel.workers import map_items
from pipeline.runtime.atomic import write_text_atomically
from pipeline.runtime.disk_full import explain_disk_full
from pipeline.runtime.file_digest import file_digest

logger = logging.getLogger(__name__)


def file_hashes(paths: Iterable[Path]) -> dict[Path, str]:
    """Return the SHA-256 of each file; only new and changed files are read."""
    cache_file = work_root() / "hashes.json"
    cache = _read_cache(cache_file)
    if cache is None:
        logger.warning(
            "%s is damaged, or of an earlier version: all videos are hashed again, and it is written anew", cache_file
        )
        cache = {}
    states = {path: _state(path) for path in paths}
    changed = [path for path, state in states.items() if cache.get(str(path.resolve()), [])[:2] != state]
    if changed:
        absolute = [path.resolve() for path in changed]  # workers may run in another folder
        digests = map_items(file_digest, absolute, "hashing videos")
        new = {str(path.resolve()): [*states[path], digest] for path, digest in zip(changed, digests, strict=True)}
        cache |= new
        with explain_disk_full(cache_file.parent), hold_lock(cache_file.with_name("hashes.lock")):
            _write_cache(cache_file, (_read_cache(cache_file) or {}) | new)
    return {path: str(cache[str(path.resolve())][2]) for path in states}


def _read_cache(cache_file: Path) -> dict[str, list[int | str]] | None:
    """Return size, modification time and hash of each file, by absolute path; None if the cache is damaged."""
    try:
        cache = json.loads(cache_file.read_bytes())
        files: dict[str, list[int | str]] = cache["files"]
        return files if cache["sha256"] == json_digest(files) else None
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, KeyError):  # no UTF-8, no JSON, or other keys
        return None


def _write_cache(cache_file: Path, files: dict[str, list[int | str]]) -> None:
    content = {"sha256": json_digest(files), "files": files}  # the digest reveals damage
    write_text_atomically(cache_file, json.dumps(content, indent=0, sort_keys=True))


def _state(path: Path) -> list[int]:
    """Return the size and modification time of a file."""
    status = path.stat()
    return [status.st_size, status.st_mtime_ns]
