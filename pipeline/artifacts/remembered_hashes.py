"""Hashes that are remembered with the state of what was hashed, so that only what has changed is read again."""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pipeline.artifacts.hashing import json_digest
from pipeline.artifacts.locks import hold_lock
from pipeline.runtime.atomic import write_text_atomically
from pipeline.runtime.disk_full import explain_disk_full

logger = logging.getLogger(__name__)

State = list[int | str]  # of a file or folder: what differs after a change
Memory = dict[str, list[int | str]]  # the state and the hash, by absolute path


def remembered_hashes(
    memory_file: Path, states: Mapping[str, State], compute: Callable[[list[str]], Sequence[str]], label: str
) -> dict[str, str]:
    """Return the hash of each path; only paths whose state is not the remembered one are hashed.

    Args:
        memory_file: a JSON file, written when something was hashed. Several processes may use it at a time.
        states: the state now, by absolute path.
        compute: returns the hashes of paths.
        label: what is hashed, for the warning about a damaged memory.
    """
    memory = _read(memory_file)
    if memory is None:
        logger.warning(
            "%s is damaged, or of an earlier version: all %s are hashed again, and it is written anew",
            memory_file,
            label,
        )
        memory = {}
    changed = [path for path, state in states.items() if memory.get(path, [])[:-1] != state]
    if changed:
        hashed = {path: [*states[path], digest] for path, digest in zip(changed, compute(changed), strict=True)}
        memory |= hashed
        with explain_disk_full(memory_file.parent), hold_lock(memory_file.with_suffix(".lock")):
            remaining = {path: entry for path, entry in (_read(memory_file) or {}).items() if Path(path).exists()}
            _write(memory_file, remaining | hashed)
    return {path: str(memory[path][-1]) for path in states}


def _read(memory_file: Path) -> Memory | None:
    """Return the remembered states and hashes; None if the file is damaged."""
    try:
        content = json.loads(memory_file.read_bytes())
        memory: Memory = content["files"]
        return memory if content["sha256"] == json_digest(memory) else None
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, KeyError):  # no UTF-8, no JSON, or other keys
        return None


def _write(memory_file: Path, memory: Memory) -> None:
    content = {"sha256": json_digest(memory), "files": memory}  # the digest reveals damage
    write_text_atomically(memory_file, json.dumps(content, indent=0, sort_keys=True))
