"""Verification of the artifact store: every file is hashed, and what is damaged is dropped."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.artifacts.artifact_store import ArtifactStore
from pipeline.parallel.progress import WorkProgress
from pipeline.parallel.workers import ANYWHERE, describe_error, is_failure, map_outcomes
from pipeline.training.checkpoint_file import CHECKPOINT, agrees_with_checksums
from pipeline.upkeep.stored_folders import StoredFolder


def verify(stored: Sequence[StoredFolder]) -> list[tuple[StoredFolder, str]]:
    """Verify folders of the artifact store in worker processes, and drop those that are damaged.

    Returns:
        Each folder that was damaged or could not be read, and what was wrong.
    """
    progress = WorkProgress("verifying", [item.bytes for item in stored], "folders", "bytes")
    outcomes = map_outcomes(verify_folder, [(item.folder, item.finished) for item in stored], progress, ANYWHERE)
    reasons = [describe_error(outcome) if is_failure(outcome) else outcome for outcome in outcomes]
    return [(item, reason) for item, reason in zip(stored, reasons, strict=True) if reason is not None]


def verify_folder(folder: Path, finished: bool) -> str | None:
    """Verify a finished item or the checkpoint of a training, in a worker. Return what was wrong, or None."""
    root, kind, _, key = folder.parents[2], *folder.parts[-3:]
    store = ArtifactStore(kind, root)
    if finished:
        return store.verify(key)
    with store.scratch(key) as scratch:
        checkpoint = scratch / CHECKPOINT
        if not checkpoint.is_file() or agrees_with_checksums(checkpoint):
            return None
        checkpoint.unlink()
        return f"{CHECKPOINT} is damaged"
