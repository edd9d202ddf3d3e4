"""The artifact store: finished items, found by the hash of what determines them, kept outside DVC's outputs.

DVC deletes or reverts a stage's partial outputs in four different ways (`repro`, `exp run`, `--temp`, `--queue`).
The store survives all of them, so that an interrupted stage resumes where it stopped, and adding one recording costs
the work of one recording. An item is a folder, and its key is the hash of its source, its parameters and its code:

    .work/<kind>/items/<key>/           finished: renamed to this path when complete, never changed
    .work/<kind>/checksums/<key>.json   the SHA-256 of each of its files when it was finished
    .work/<kind>/partial/<key>/         being made, by the process that holds the key's lock
    .work/<kind>/scratch/<key>/         progress that outlives a kill: training checkpoints

An item whose files differ from its checksums is damaged: it is named, dropped and made again.
"""

import logging
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from pipeline.artifacts.checksums import find_damage, read_record, write_record
from pipeline.artifacts.hashing import json_digest
from pipeline.artifacts.locks import hold_lock
from pipeline.runtime.damage import make_dvc_look_again
from pipeline.runtime.disk_full import explain_disk_full
from pipeline.runtime.durable import flush, flush_tree
from pipeline.runtime.file_digest import files_below
from pipeline.runtime.project_code import code_hash

logger = logging.getLogger(__name__)


def work_root() -> Path:
    """Return the folder of the store: MSN_WORK, else `.work` in the main repository (also in DVC's temporary runs)."""
    if configured := os.environ.get("MSN_WORK"):
        return Path(configured).resolve()
    return Path(os.environ.get("DVC_ROOT") or Path.cwd()).resolve() / ".work"


class ArtifactStore:
    """Finished items of one kind (`decode`, `align`, ...)."""

    def __init__(self, kind: str, root: Path | None = None) -> None:
        """Open the items of `kind` under `root`, by default the store of the main repository."""
        self.kind = kind
        self.folder = (root or work_root()) / kind

    def key(self, source: Mapping[str, Any], function: Callable[..., Any]) -> str:
        """Return the key of an item: the hash of everything that determines its content.

        Args:
            source: what the item is made from, as JSON values: content hashes, parameters.
            function: makes the item; the key covers all project code that its module imports, directly or not.

        Raises:
            TypeError: if `source` holds something that JSON cannot represent.
        """
        inputs = {"kind": self.kind, "source": source, "code": code_hash(function.__module__)}
        return json_digest(inputs)

    def item(self, key: str) -> Path:
        """Return the folder of an item, finished or not."""
        return self.folder / "items" / key

    def find(self, key: str) -> Path | None:
        """Return the folder of the finished item, which may be damaged (see `verify`), or None."""
        return self.item(key) if self.item(key).is_dir() else None

    def digests(self, key: str) -> dict[str, str]:
        """Return the SHA-256 of each file of a finished item, by its path in the item."""
        return read_record(self._record(key))

    def verify(self, key: str) -> str | None:
        """Hash the files of a finished item, and drop it if it is damaged. Return the damage, or None."""
        with self._lock(key):
            return self._drop_if_damaged(key)

    def make(self, key: str, maker: Callable[[Path], None]) -> Path:
        """Return the folder of the finished item; if there is none, let `maker` fill an empty folder and keep it.

        A second writer of the same key waits for the first and returns the item that it made. What a killed writer
        has left is deleted. The item is on disk before it gets its name, so a power loss leaves it whole or not at all.

        Raises:
            DiskFullError: if the disk is full.
        """
        with explain_disk_full(self.folder), self._lock(key):
            finished = self.item(key)
            if damage := self._drop_if_damaged(key):
                logger.warning("%s was damaged: %s; it is made again", finished, damage)
            if finished.is_dir():
                return finished
            partial = self.folder / "partial" / key
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
            try:
                maker(partial)
                flush_tree(partial)
                write_record(self._record(key), partial)
            except BaseException:
                shutil.rmtree(partial, ignore_errors=True)
                raise
            finished.parent.mkdir(exist_ok=True)
            os.rename(partial, finished)
            flush(finished.parent)
            return finished

    def is_in_use(self, key: str) -> bool:
        """Whether a process holds the progress of `key`."""
        with self._lock(f"{key}.scratch", wait=False) as acquired:
            return not acquired

    @contextmanager
    def scratch(self, key: str) -> Iterator[Path]:
        """Lock and yield the folder in which the progress of `key` is kept from one run to the next.

        Raises:
            DiskFullError: if the block fails because the disk is full.
        """
        with explain_disk_full(self.folder), self._lock(f"{key}.scratch"):
            folder = self.folder / "scratch" / key
            folder.mkdir(parents=True, exist_ok=True)
            yield folder

    def link(self, key: str, destination: Path) -> None:
        """Hard-link the recorded files of a finished item into `destination`, or copy them to another file system.

        Raises:
            FileNotFoundError: if the item is not finished.
        """
        finished = self.find(key)
        if finished is None:
            raise FileNotFoundError(f"{self.kind} item {key} is not in {self.folder}")
        destination.mkdir(parents=True)
        for name in self.digests(key):
            (destination / name).parent.mkdir(parents=True, exist_ok=True)
            _link_or_copy(finished / name, destination / name)

    def drop(self, folder: Path) -> None:
        """Remove a finished item or the progress of a training atomically, given its folder."""
        waste = self.folder / "partial" / f"{folder.name}.removed"  # `sweep` deletes it if this process is killed
        shutil.rmtree(waste, ignore_errors=True)
        waste.parent.mkdir(exist_ok=True)
        os.rename(folder, waste)
        if folder == self.item(folder.name):
            self._record(folder.name).unlink(missing_ok=True)
        shutil.rmtree(waste, ignore_errors=True)

    def sweep(self) -> None:
        """Delete what killed writers have left; items that are being made now are not touched."""
        for name in {path.name for folder in ("partial", "locks") for path in self.folder.glob(f"{folder}/*")}:
            with self._lock(name, wait=False) as acquired:  # releasing the lock also deletes its file
                if acquired:
                    shutil.rmtree(self.folder / "partial" / name, ignore_errors=True)

    def _drop_if_damaged(self, key: str) -> str | None:
        """Drop an item if it is damaged. Return the damage, or None; the caller holds the key's lock."""
        item, record = self.item(key), self._record(key)
        if not item.is_dir():
            return None
        if not record.is_file():
            logger.info("%s: finished by a version without checksums; they are recorded as it is now", item)
            write_record(record, item)
        damage = find_damage(record, item)
        if damage is not None:
            make_dvc_look_again(files_below(item))
            self.drop(item)
        return damage

    def _record(self, key: str) -> Path:
        return self.folder / "checksums" / f"{key}.json"

    def _lock(self, name: str, wait: bool = True) -> AbstractContextManager[bool]:
        return hold_lock(self.folder / "locks" / name, wait)


def _link_or_copy(source: Path, destination: Path) -> None:
    try:
        os.link(source, destination)
    except OSError:
        _warn_of_copies(destination.anchor)
        shutil.copyfile(source, destination)


def _warn_of_copies(_anchor: str, _warned: set[str] = set()) -> None:  # noqa: B006  one set for the whole process
    """Warn once per anchor that items are copied instead of linked."""
    if _anchor not in _warned:
        _warned.add(_anchor)
        logger.warning("the artifact store is on another file system: its items are copied, not linked")
