"""SHA-256 hashes of files, folders and JSON values."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from pipeline.parallel.worker_count import worker_count


def json_digest(values: Any) -> str:
    """SHA-256 of JSON values.

    Raises:
        TypeError: if `values` hold something that JSON cannot represent.
        ValueError: if a number is not finite.
    """
    return hashlib.sha256(json.dumps(values, sort_keys=True, allow_nan=False).encode()).hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def file_digests(paths: list[Path]) -> list[str]:
    """SHA-256 of each file's bytes."""
    return [file_digest(path) for path in paths]


def folder_digest(folder: Path) -> str:
    """SHA-256 of the names and bytes of all files below `folder`: equal for equal content, in whatever folder.

    Raises:
        NotADirectoryError: if `folder` is not a folder.
    """
    return combined_digest(file_digests_below(folder))


def file_digests_below(folder: Path) -> dict[str, str]:
    """SHA-256 of each file below `folder`, by its path in `folder`.

    Raises:
        NotADirectoryError: if `folder` is not a folder.
    """
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is not a folder")
    return {path.relative_to(folder).as_posix(): file_digest(path) for path in files_below(folder)}


def combined_digest(digests: Mapping[str, str]) -> str:
    """SHA-256 of the names and the SHA-256 of files, in their order."""
    return hashlib.sha256("".join(f"{name}\n{digest}\n" for name, digest in digests.items()).encode()).hexdigest()


def files_below(folder: Path) -> list[Path]:
    """Return all files below `folder`, sorted; a link to a file counts as one."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def folder_digests(folders: Iterable[Path]) -> list[str]:
    """`folder_digest` of each folder, several at a time."""
    with ThreadPoolExecutor(worker_count()) as pool:
        return list(pool.map(folder_digest, folders))
