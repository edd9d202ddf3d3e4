"""Hashes of what lies on disk."""

import hashlib
from pathlib import Path


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def file_digests(paths: list[Path]) -> list[str]:
    """SHA-256 of each file's bytes."""
    return [file_digest(path) for path in paths]


def folder_digest(folder: Path) -> str:
    """SHA-256 of the names and bytes of all files below `folder`: equal for equal content, wherever it lies.

    Raises:
        NotADirectoryError: where `folder` is none.
    """
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is not a folder")
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(folder).as_posix()}\n{file_digest(path)}\n".encode())
    return digest.hexdigest()
