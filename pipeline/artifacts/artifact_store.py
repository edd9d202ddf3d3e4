"""The store of finished work: folders found by what shaped them, kept outside DVC's outputs.

DVC deletes or reverts a stage's partial outputs in four different ways (`repro`, `exp run`, `--temp`, `--queue`).
What lies here survives all of them, so that an interrupted stage goes on where it stopped and one added recording
costs one recording. An item is a folder whose key is the hash of its source, its parameters and the code it ran:

    .work/<kind>/items/<key>/      finished: renamed here when whole, never changed
    .work/<kind>/partial/<key>/    being made, by whoever holds the key's lock
    .work/<kind>/scratch/<key>/    progress that outlives a kill: training checkpoints
"""

import logging
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from pipeline.artifacts.hashing import json_digest
from pipeline.artifacts.locks import hold_lock
from pipeline.runtime.disk_full import explain_disk_full
from pipeline.runtime.project_code import code_hash

logger = logging.getLogger(__name__)


def work_root() -> Path:
    """The folder of the store: MSN_WORK, else `.work` in the main repository (also from DVC's temporary runs)."""
    if moved := os.environ.get("MSN_WORK"):
        return Path(moved).resolve()
    return Path(os.environ.get("DVC_ROOT") or Path.cwd()).resolve() / ".work"


class ArtifactStore:
    """Finished items of one kind (`decode`, `align`, ...)."""

    def __init__(self, kind: str, root: Path | None = None) -> None:
        """Open the items of `kind` under `root`, by default the store of the main repository."""
        self.kind = kind
        self.folder = (root or work_root()) / kind

    def key(self, source: Mapping[str, Any], function: Callable[..., Any]) -> str:
        """Name an item by all that shapes it.

        Args:
            source: what the item is made from, as JSON values: content hashes, parameters.
            function: what makes it; all project code that its module reaches is part of the name.

        Raises:
            TypeError: where `source` holds something that JSON has no word for.
        """
        shaped_by = {"kind": self.kind, "source": source, "code": code_hash(function.__module__)}
        return json_digest(shaped_by)

    def find(self, key: str) -> Path | None:
        """The finished folder of `key`, or None."""
        path = self.folder / "items" / key
        return path if path.is_dir() else None

    def make(self, key: str, maker: Callable[[Path], None]) -> Path:
        """Find the finished folder of `key`, or have `maker` fill an empty one and keep it.

        A second writer of the same key waits for the first and takes what it made. What a killed writer left is
        thrown away.

        Raises:
            DiskFullError: where there is no space for it.
        """
        with explain_disk_full(self.folder), self._lock(key):
            if finished := self.find(key):
                return finished
            partial = self.folder / "partial" / key
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
            try:
                maker(partial)
            except BaseException:
                shutil.rmtree(partial, ignore_errors=True)
                raise
            finished = self.folder / "items" / key
            finished.parent.mkdir(exist_ok=True)
            os.rename(partial, finished)
            return finished

    @contextmanager
    def scratch(self, key: str) -> Iterator[Path]:
        """Hold the folder in which the progress of `key` is kept from one run to the next.

        Raises:
            DiskFullError: where the block ended for want of space.
        """
        with explain_disk_full(self.folder), self._lock(f"{key}.scratch"):
            folder = self.folder / "scratch" / key
            folder.mkdir(parents=True, exist_ok=True)
            yield folder

    def link(self, key: str, destination: Path) -> None:
        """Link the files of a finished item into `destination`; copy them where links cannot reach.

        Raises:
            FileNotFoundError: where the item is not finished.
        """
        finished = self.find(key)
        if finished is None:
            raise FileNotFoundError(f"{self.kind} item {key} is not in {self.folder}")
        shutil.copytree(finished, destination, copy_function=_link_or_copy)

    def sweep(self) -> None:
        """Remove what killed writers left behind; items being made now are left alone."""
        for name in {path.name for place in ("partial", "locks") for path in self.folder.glob(f"{place}/*")}:
            with self._lock(name, wait=False) as held:  # which takes the file of the lock away, too
                if held:
                    shutil.rmtree(self.folder / "partial" / name, ignore_errors=True)

    def _lock(self, name: str, wait: bool = True) -> AbstractContextManager[bool]:
        return hold_lock(self.folder / "locks" / name, wait)


def _link_or_copy(source: str, destination: str) -> None:
    try:
        os.link(source, destination)
    except OSError:
        _say_copies(Path(destination).anchor)
        shutil.copyfile(source, destination)


def _say_copies(_anchor: str, _said: set[str] = set()) -> None:  # noqa: B006  a memory for the whole process
    if _anchor not in _said:
        _said.add(_anchor)
        logger.warning("the work store is on another file system: its items are copied, not linked")
