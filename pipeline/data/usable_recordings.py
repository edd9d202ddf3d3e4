"""Recordings that training can use: those with a score and at least one clip."""

import logging
from collections.abc import Iterable
from pathlib import Path

from pipeline.data.clips.face_sequence import open_sequence
from pipeline.name_list import list_names
from pipeline.records.labels import Label
from pipeline.records.scored_recording import ScoredRecording

logger = logging.getLogger(__name__)

MAX_NAMED = 10  # recordings in one warning
REASONS = {  # why a recording cannot be used: names of the counts, and words with the length and clip.absent
    "broken": "no sequence",
    "without_face": "no face",
    "without_clip": "no clip of {} frames with a face in each (clip.absent: {})",
}


def unusable_because(folder: Path, length: int, absent: str) -> str | None:
    """Return why a recording has no clip in its first phase, a name of `REASONS`; None if it has one.

    Args:
        folder: of its sequence; a recording that could not be read has none.
        length: of a clip: number of consecutive frames with a face.
        absent: clip.absent.
    """
    if not folder.is_dir():
        return "broken"
    sequence = open_sequence(folder, absent)
    if not sequence.present.any():
        return "without_face"
    return None if sequence.covering_clips(length, phases=1) else "without_clip"


def usable_recordings(labels: Iterable[Label], sequences: Path, length: int, absent: str) -> list[ScoredRecording]:
    """Return each recording with a clip of `length` frames in its first phase.

    A recording without a sequence (it may be broken), without a face, or without a clip that `clip.absent` allows is
    skipped with a warning. A recording without a score is skipped silently.

    Raises:
        ValueError: if there are labels, but no usable recording.
    """
    usable, labels = [], list(labels)
    skipped: dict[str, list[str]] = {reason: [] for reason in REASONS}
    for label in labels:
        folder = sequences / label.recording
        if label.score is None:
            continue
        if reason := unusable_because(folder, length, absent):
            skipped[reason].append(label.recording)
        else:
            usable.append(ScoredRecording(folder, label.score, label.subject))
    named = {REASONS[reason].format(length, absent): names for reason, names in skipped.items() if names}
    for reason, names in named.items():
        logger.warning("recordings skipped (%s): %s", reason, list_names(names, MAX_NAMED))
    if labels and not usable:
        reasons = "; ".join(f"{len(names)}: {reason}" for reason, names in named.items())
        raise ValueError(
            f"{sequences}: none of the {len(labels)} recordings to fit or validate has a clip "
            f"({reasons or 'no scores'}): see detection.json, and change what keeps faces from being detected "
            "(align.min_face, align.thresholds), clip.absent, clip.length, or the validation (finetune.validation)"
        )
    return usable
