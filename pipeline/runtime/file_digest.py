"""The SHA-256 of a file's content."""

import hashlib
from pathlib import Path


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def files_below(folder: Path) -> list[Path]:
    """Return all files below `folder`, sorted; a link to a file counts as one."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def file_digests_below(folder: Path) -> dict[str, str]:
    """SHA-256 of each file below `folder`, by its path in `folder`.

    Raises:
        NotADirectoryError: if `folder` is not a folder.
    """
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is not a folder")
    return {path.relative_to(folder).as_posix(): file_digest(path) for path in files_below(folder)}
