"""Pruning of the artifact store: which of its items no dvc.lock refers to.

DVC identifies the outputs of a stage by MD5: in dvc.lock, and file by file in the listings of folders in its cache. An
item of the store is *referenced* if a dvc.lock refers to every file of it: the dvc.lock in the working directory, or
one at the tip of a branch, a tag or an experiment (DVC keeps experiments as Git references).
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipeline.experiments.git import git, git_or
from pipeline.runtime.file_digest import files_below

LOCK = "dvc.lock"


@dataclass(frozen=True)
class ReferencedFiles:
    """The files that any dvc.lock refers to.

    Attributes:
        digests: their MD5.
        inodes: (device, inode) of those in DVC's cache: a hard link to one of them needs no hashing.
        unlisted: the number of referenced folders without a listing in the cache; their files are unknown.
    """

    digests: frozenset[str]
    inodes: frozenset[tuple[int, int]]
    unlisted: int

    def cover(self, folder: Path) -> bool:
        """Whether all files below `folder` are referenced."""
        return all(self._contain(path) for path in sorted(files_below(folder), key=lambda path: path.stat().st_size))

    def _contain(self, path: Path) -> bool:
        status = path.stat()
        if (status.st_dev, status.st_ino) in self.inodes:
            return True
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest() in self.digests


def referenced_files() -> ReferencedFiles:
    """Return the files that the dvc.lock in the working directory or at any Git reference refers to.

    Raises:
        ValueError: if the working directory is not the root of a repository of Git and DVC.
    """
    if not Path(".dvc").is_dir():
        raise ValueError(f"{Path.cwd()}: no repository of DVC; run in the root of the repository")
    cache = _cache_folder() / "files" / "md5"
    digests, unlisted = set(), 0
    for digest in {digest for text in _locks() for digest in _outputs(yaml.safe_load(text))}:
        listing = cache / digest[:2] / digest[2:]
        if not digest.endswith(".dir"):
            digests.add(digest)
        elif listing.is_file():
            digests.update(entry["md5"] for entry in json.loads(listing.read_text(encoding="utf-8")))
        else:
            unlisted += 1
    cached = [path for digest in digests if (path := cache / digest[:2] / digest[2:]).is_file()]
    inodes = {(status.st_dev, status.st_ino) for status in map(os.stat, cached)}
    return ReferencedFiles(frozenset(digests), frozenset(inodes), unlisted)


def _locks() -> Iterator[str]:
    """Yield the text of every dvc.lock: in the working directory, and at HEAD and every Git reference."""
    if Path(LOCK).is_file():
        yield Path(LOCK).read_text(encoding="utf-8")
    references = git("for-each-ref", "--format=%(refname)").split()
    texts = {git_or("", "cat-file", "blob", f"{reference}:{LOCK}") for reference in ["HEAD", *references]}
    yield from sorted(texts)


def _outputs(lock: Any) -> Iterator[str]:
    """Yield the MD5 of every output in the content of a dvc.lock."""
    for stage in ((lock or {}).get("stages") or {}).values():
        yield from (out["md5"] for out in stage.get("outs", []) if "md5" in out)


def _cache_folder() -> Path:
    """Return the folder of DVC's cache.

    Raises:
        ValueError: if `dvc cache dir` fails.
    """
    result = subprocess.run([sys.executable, "-m", "dvc", "cache", "dir"], capture_output=True, text=True)
    if result.returncode:
        raise ValueError(f"dvc cache dir failed: {result.stderr.strip() or result.stdout.strip()}")
    return Path(result.stdout.strip())
