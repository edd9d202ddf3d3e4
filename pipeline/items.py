"""Items of a stage (recordings, groups of images): taken from the artifact store or made in worker processes."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.artifacts.artifact_store import ArtifactStore
from pipeline.parallel.dask_cluster import Placement
from pipeline.parallel.progress import WorkProgress
from pipeline.parallel.workers import (
    ANYWHERE,
    call_checked,
    describe_error,
    is_failure,
    map_outcomes,
    run_with_progress,
)
from pipeline.runtime.disk_full import DiskFullError
from pipeline.runtime.errors import ItemsFailedError
from pipeline.runtime.output_checksums import write_checksums
from pipeline.runtime.project_code import code_hash
from pipeline.runtime.stage_times import note_reuse

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Item:
    """One item to make.

    Attributes:
        name: of its folder in the output.
        source: everything that determines its content except the code, as JSON values: content hashes, parameters.
        arguments: of the function that makes it, after the folder to fill.
        work: the amount of work in any unit, from which the remaining time is estimated.
    """

    name: str
    source: Mapping[str, Any]
    arguments: tuple[Any, ...]
    work: float = 1


def make_items(
    kind: str,
    function: Callable[..., None],
    items: Sequence[Item],
    output: Path,
    label: str,
    plural: str = "items",
    unit: str = "",
    placement: Placement = ANYWHERE,
) -> None:
    """Take every item from the artifact store, or make it, and link it to `output`/name; see `find_or_make`.

    The checksums of the files go to the file .sha256sums in `output`.
    """
    paths = find_or_make(kind, function, items, label, plural, unit, placement)
    store = ArtifactStore(kind)
    digests: dict[str, str] = {}
    for path, item in zip(paths, items, strict=True):
        store.link(path.name, output / item.name)
        digests |= {f"{item.name}/{name}": digest for name, digest in store.digests(path.name).items()}
    write_checksums(output, digests)


def find_or_make(
    kind: str,
    function: Callable[..., None],
    items: Sequence[Item],
    label: str,
    plural: str = "items",
    unit: str = "",
    placement: Placement = ANYWHERE,
) -> list[Path]:
    """Find every item in the artifact store, or make it there; return the folder of each.

    Args:
        kind: of the items, which names their part of the store.
        function: called as `function(folder, *item.arguments)` in a worker; it fills `folder` and nothing else, is
            deterministic, and is defined at the top level of a library module.
        items: with unique names and absolute paths in their arguments.
        label: of the progress: `aligning`.
        plural: what the items are: `recordings`.
        unit: of `Item.work`: `frames`; if empty, no speed is shown.
        placement: where the items are made.

    Raises:
        ItemsFailedError: after all other items are finished, naming each that failed and why. After the first item
            that finds the disk full, no further one is begun.
    """
    store = ArtifactStore(kind)
    store.sweep()
    keys = [store.key(item.source, function) for item in items]
    # The largest first: else a large one that is begun last keeps a single worker busy for long.
    largest_first = sorted(zip(keys, items, strict=True), key=lambda pair: -pair[1].work)
    _drop_damaged(store, {key: item for key, item in largest_first if store.find(key)}, label)
    missing = {key: item for key, item in largest_first if store.find(key) is None}
    if reused := sum(key not in missing for key in keys):
        logger.info("%s: %d of %d were finished before", label, reused, len(items))
        note_reuse()
    code = code_hash(function.__module__)
    jobs = [(kind, store.folder.parent, key, code, function, item.arguments) for key, item in missing.items()]
    progress = WorkProgress(label, [item.work for item in missing.values()], plural, unit)
    outcomes = run_with_progress(_make_item, jobs, progress, placement, DiskFullError)
    order = list(missing)
    failures = {order[number]: outcome for number, outcome in outcomes if is_failure(outcome)}
    if failures:
        finished = sum(store.find(key) is not None for key in keys)
        raise ItemsFailedError(_failure_message(label, list(zip(keys, items, strict=True)), failures, finished))
    return [store.item(key) for key in keys]


def _drop_damaged(store: ArtifactStore, finished: Mapping[str, Item], label: str) -> None:
    """Hash the finished items in the workers, and drop those that are damaged, with a warning.

    Raises:
        ItemsFailedError: naming the items whose files cannot be read.
    """
    progress = WorkProgress(f"{label}: checking finished items", [item.work for item in finished.values()])
    calls = [(store.kind, store.folder.parent, key) for key in finished]
    outcomes = map_outcomes(verify_item, calls, progress, ANYWHERE)
    failed = []
    for (key, item), outcome in zip(finished.items(), outcomes, strict=True):
        if is_failure(outcome):
            failed.append(f"  {item.name}: {describe_error(outcome)}")
        elif outcome is not None:
            logger.warning("%s: %s was damaged: %s; it is made again", item.name, store.item(key), outcome)
    if failed:
        raise ItemsFailedError("\n".join([f"{label}: {len(failed)} finished items cannot be read:", *failed]))


def verify_item(kind: str, root: Path, key: str) -> str | None:
    """Verify a finished item, in a worker; see `ArtifactStore.verify`."""
    return ArtifactStore(kind, root).verify(key)


def _failure_message(
    label: str, items: Sequence[tuple[str, Item]], failures: Mapping[str, BaseException], finished: int
) -> str:
    """The message about items that failed, by key; items of equal content have one key and fail together.

    A full disk is reported once, with the first item that found it; items that found it later are not named.
    """
    full = next((key for key, error in failures.items() if isinstance(error, DiskFullError)), None)
    named = {key: error for key, error in failures.items() if key == full or not isinstance(error, DiskFullError)}
    lines = sorted(f"  {item.name}: {describe_error(named[key])}" for key, item in items if key in named)
    if full is None:
        summary = f"{len(lines)} of {len(items)} failed; the others are finished and will not be redone"
    else:
        summary = f"stopped for want of room; {finished} of {len(items)} are finished and will not be redone"
    return "\n".join([f"{label}: {summary}:", *lines])


def _make_item(
    kind: str, root: Path, key: str, code: str, function: Callable[..., None], arguments: tuple[Any, ...]
) -> None:
    """Make an item, in a worker."""
    ArtifactStore(kind, root).make(key, lambda folder: call_checked(code, function, folder, *arguments))
