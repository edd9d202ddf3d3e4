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
NO_CLIP = "no clip of {} frames with a face in each (clip.absent: {})"


def usable_recordings(labels: Iterable[Label], sequences: Path, length: int, absent: str) -> list[ScoredRecording]:
    """Return each recording with a clip of `length` frames in its first phase.

    A recording without a sequence (it may be broken), without a face, or without a clip that `clip.absent` allows is
    skipped with a warning. A recording without a score is skipped silently.

    Raises:
        ValueError: if there are labels, but no usable recording.
    """
    usable, labels = [], list(labels)
    skipped: dict[str, list[str]] = {"no sequence": [], "no face": [], NO_CLIP.format(length, absent): []}
    missing, faceless, clipless = skipped.values()
    for label in labels:
        folder = sequences / label.recording
        if label.bdi is None:
            continue
        if not folder.is_dir():
            missing.append(label.recording)
            continue
        sequence = open_sequence(folder, absent)
        if not sequence.present.any():
            faceless.append(label.recording)
        elif not sequence.covering_clips(length, phases=1):
            clipless.append(label.recording)
        else:
            usable.append(ScoredRecording(folder, label.bdi, label.subject))
    for reason, names in skipped.items():
        if names:
            logger.warning("recordings skipped (%s): %s", reason, list_names(names, MAX_NAMED))
    if labels and not usable:
        reasons = "; ".join(f"{len(names)}: {reason}" for reason, names in skipped.items() if names)
        raise ValueError(
            f"{sequences}: none of the {len(labels)} recordings to fit or validate has a clip "
            f"({reasons or 'no scores'}): see detection.json, and change what keeps faces from being detected "
            "(align.min_face, align.thresholds), clip.absent, clip.length, or the validation (finetune.validation)"
        )
    return usable
