"""SHA-256 hashes of files, folders and JSON values."""

import hashlib
import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from pipeline.parallel.worker_count import worker_count
from pipeline.runtime.file_digest import file_digest, file_digests_below
from pipeline.runtime.output_checksums import NAME, check_files, combined_digest, item_folders, verified_digest


def json_digest(values: Any) -> str:
    """SHA-256 of JSON values.

    Raises:
        TypeError: if `values` hold something that JSON cannot represent.
        ValueError: if a number is not finite.
    """
    return hashlib.sha256(json.dumps(values, sort_keys=True, allow_nan=False).encode()).hexdigest()


def file_digests(paths: list[Path]) -> list[str]:
    """SHA-256 of each file's bytes."""
    return [file_digest(path) for path in paths]


def folder_digest(folder: Path) -> str:
    """SHA-256 of the names and bytes of all files below `folder`: equal for equal content, in whatever folder.

    Raises:
        NotADirectoryError: if `folder` is not a folder.
    """
    return combined_digest(file_digests_below(folder))


def verified_digests(folders: Iterable[Path]) -> list[str]:
    """`pipeline.runtime.output_checksums.verified_digest` of each folder, several at a time."""
    with ThreadPoolExecutor(worker_count()) as pool:
        return list(pool.map(verified_digest, folders))


def verified_output_digest(output: Path) -> str:
    """Return the hash of a whole output, after comparing it with its checksums.

    Raises:
        DamagedError: if a file or folder is lost or has other content; the message names it.
    """
    folders = item_folders(output)
    check_files(output)
    digests = {path.name: file_digest(path) for path in output.iterdir() if path.is_file() and path.name != NAME}
    contents = dict(zip([folder.name for folder in folders], verified_digests(folders), strict=True))
    return combined_digest(contents | digests)
