"""What the store of finished work holds, what of it an experiment can still want, and removing the rest.

DVC names a stage's outputs by MD5: in dvc.lock, and file by file in the listings of folders in its cache. An item of
the store is *named* while every file of it is among those that a dvc.lock names: the one in the working directory, or
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

from pipeline.artifacts.artifact_store import ArtifactStore, work_root
from pipeline.experiments.git import git, git_or

LOCK = "dvc.lock"


@dataclass(frozen=True)
class Holding:
    """A folder in the store.

    Attributes:
        kind: of item: decode, align, ...
        folder: where it lies.
        bytes: of its files; DVC's cache and the outputs share them where hard links are possible.
        finished: else it is the progress of a training, which the same training goes on from.
    """

    kind: str
    folder: Path
    bytes: int
    finished: bool


def holdings() -> list[Holding]:
    """Everything in the store, by kind."""
    found = []
    for place, finished in (("items", True), ("scratch", False)):
        for folder in sorted(work_root().glob(f"*/{place}/*")):
            size = sum(path.stat().st_size for path in _files(folder))
            found.append(Holding(folder.parents[1].name, folder, size, finished))
    return sorted(found, key=lambda held: (held.kind, not held.finished, held.folder))


@dataclass(frozen=True)
class Named:
    """The files that a dvc.lock names.

    Attributes:
        digests: their MD5.
        inodes: (device, inode) of those that lie in DVC's cache: a hard link to one needs no hashing.
        unknown: folders that are named but whose listing is not in the cache; what they hold cannot be told.
    """

    digests: frozenset[str]
    inodes: frozenset[tuple[int, int]]
    unknown: int

    def cover(self, folder: Path) -> bool:
        """Whether all files below `folder` are named."""
        return all(self._has(path) for path in sorted(_files(folder), key=lambda path: path.stat().st_size))

    def _has(self, path: Path) -> bool:
        status = path.stat()
        if (status.st_dev, status.st_ino) in self.inodes:
            return True
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest() in self.digests


def named() -> Named:
    """What every dvc.lock at hand names.

    Raises:
        ValueError: outside a repository of Git and DVC.
    """
    if not Path(".dvc").is_dir():
        raise ValueError(f"{Path.cwd()}: no repository of DVC; run in the root of the repository")
    cache = _cache_folder() / "files" / "md5"
    digests, unknown = set(), 0
    for digest in {digest for text in _locks() for digest in _outputs(yaml.safe_load(text))}:
        listing = cache / digest[:2] / digest[2:]
        if not digest.endswith(".dir"):
            digests.add(digest)
        elif listing.is_file():
            digests.update(entry["md5"] for entry in json.loads(listing.read_text(encoding="utf-8")))
        else:
            unknown += 1
    cached = [path for digest in digests if (path := cache / digest[:2] / digest[2:]).is_file()]
    inodes = {(status.st_dev, status.st_ino) for status in map(os.stat, cached)}
    return Named(frozenset(digests), frozenset(inodes), unknown)


def remove(holding: Holding) -> None:
    """Remove a folder from the store; it is never seen half removed."""
    store = ArtifactStore(holding.kind)
    waste = store.folder / "partial" / f"{holding.folder.name}.removed"  # what is there is swept away
    waste.parent.mkdir(exist_ok=True)
    os.rename(holding.folder, waste)
    store.sweep()


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def _locks() -> Iterator[str]:
    """The text of every dvc.lock: in the working directory, and at HEAD and every Git reference."""
    if Path(LOCK).is_file():
        yield Path(LOCK).read_text(encoding="utf-8")
    references = git("for-each-ref", "--format=%(refname)").split()
    texts = {git_or("", "cat-file", "blob", f"{reference}:{LOCK}") for reference in ["HEAD", *references]}
    yield from sorted(texts)


def _outputs(lock: Any) -> Iterator[str]:
    for stage in ((lock or {}).get("stages") or {}).values():
        yield from (out["md5"] for out in stage.get("outs", []) if "md5" in out)


def _cache_folder() -> Path:
    """The folder of DVC's cache.

    Raises:
        ValueError: if DVC cannot tell.
    """
    result = subprocess.run([sys.executable, "-m", "dvc", "cache", "dir"], capture_output=True, text=True)
    if result.returncode:
        raise ValueError(f"dvc cache dir failed: {result.stderr.strip() or result.stdout.strip()}")
    return Path(result.stdout.strip())
