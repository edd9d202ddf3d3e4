"""Verification of the artifact store: every file is hashed, and what is damaged is dropped."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.artifacts.artifact_store import ArtifactStore
from pipeline.parallel.progress import WorkProgress
from pipeline.parallel.workers import ANYWHERE, describe_error, is_failure, map_outcomes
from pipeline.training.checkpoint_file import CHECKPOINT, agrees_with_checksums, set_aside
from pipeline.upkeep.stored_folders import StoredFolder


def verify(stored: Sequence[StoredFolder]) -> list[str]:
    """Verify folders of the artifact store in worker processes, and drop those that are damaged.

    The progress of a training that runs now is left out: its process has just written it.

    Returns:
        A line for each folder that was damaged or cannot be read.
    """
    progress = WorkProgress("verifying", [item.bytes for item in stored], "folders", "bytes")
    outcomes = map_outcomes(verify_folder, [(item.folder, item.finished) for item in stored], progress, ANYWHERE)
    lines = []
    for item, outcome in zip(stored, outcomes, strict=True):
        if is_failure(outcome):
            lines.append(f"{item.folder}: cannot be read: {describe_error(outcome)}")
        elif outcome is not None:
            lines.append(f"{item.folder}: {outcome}")
    return lines


def verify_folder(folder: Path, finished: bool) -> str | None:
    """Verify a finished item or the checkpoint of a training, in a worker. Return what was wrong and done, or None."""
    root, kind, _, key = folder.parents[2], *folder.parts[-3:]
    store = ArtifactStore(kind, root)
    if finished:
        damage = store.verify(key)
        return damage and f"{damage}; dropped"
    checkpoint = folder / CHECKPOINT
    if store.is_in_use(key) or not checkpoint.is_file() or agrees_with_checksums(checkpoint):
        return None
    return f"{CHECKPOINT} is damaged; it is now {set_aside(checkpoint).name}"
