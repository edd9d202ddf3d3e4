"""SHA-256 hashes of files, folders and JSON values."""

import hashlib
import json
from collections.abc import Iterable
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
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is not a folder")
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(folder).as_posix()}\n{file_digest(path)}\n".encode())
    return digest.hexdigest()


def folder_digests(folders: Iterable[Path]) -> list[str]:
    """`folder_digest` of each folder, several at a time."""
    with ThreadPoolExecutor(worker_count()) as pool:
        return list(pool.map(folder_digest, folders))
