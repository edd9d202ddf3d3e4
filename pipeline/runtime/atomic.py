"""Atomic outputs: a file or folder is written beside its place, flushed to disk, and then renamed into it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.runtime.disk_full import explain_disk_full
from pipeline.runtime.durable import flush, flush_tree
from pipeline.runtime.output_checksums import complete_checksums


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Yield the path of a temporary file beside `path`; replace `path` with it when the block succeeds.

    Missing parent folders are created. When the block fails, the temporary file is removed and `path` is unchanged.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    try:
        yield partial
        flush(partial)
        os.replace(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    flush(path.parent)


def write_text_atomically(path: Path, text: str) -> None:
    """Write a UTF-8 text file; readers see the old content or the new one, never a part."""
    with atomic_file(path) as partial:
        partial.write_text(text, encoding="utf-8")


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Yield an empty temporary folder beside `path`; replace `path` with it when the block succeeds.

    The folder gets the checksums of its files (see `pipeline.runtime.output_checksums`).

    When the block fails, the temporary folder is removed and `path` is unchanged.

    Raises:
        DiskFullError: if the block fails because the disk is full.
    """
    partial = path.with_name(path.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        with explain_disk_full(path):
            yield partial
            complete_checksums(partial)
            flush_tree(partial)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    if path.exists():
        shutil.rmtree(path)
    os.rename(partial, path)
    flush(path.parent)
