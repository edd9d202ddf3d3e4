"""Recordings with their scores, as far as they can be learned from."""

import logging
from collections.abc import Iterable
from pathlib import Path

from pipeline.data.clips.face_sequence import open_sequence
from pipeline.name_list import list_names
from pipeline.params import Clip
from pipeline.records.labels import Label

logger = logging.getLogger(__name__)

MAX_NAMED = 10  # recordings in one warning
NO_CLIP = "has no clip of {0.length} frames with a face in each (clip.absent: {0.absent})"


def usable_recordings(labels: Iterable[Label], sequences: Path, clip: Clip) -> list[tuple[Path, float]]:
    """The folder of the sequence and the score of each recording whose first phase holds a clip.

    A recording without a sequence (it may have been broken), without a face, or without a clip that `clip.absent`
    allows is passed over with a warning, and so is one without a score, silently.

    Raises:
        ValueError: where there are labels, and nothing is kept.
    """
    kept, labels = [], list(labels)
    passed: dict[str, list[str]] = {"has no sequence": [], "shows no face": [], NO_CLIP.format(clip): []}
    missing, faceless, clipless = passed.values()
    for label in labels:
        folder = sequences / label.recording
        if label.bdi is None:
            continue
        if not folder.is_dir():
            missing.append(label.recording)
            continue
        sequence = open_sequence(folder, clip.absent)
        if not sequence.present.any():
            faceless.append(label.recording)
        elif not sequence.covering(clip.length, phases=1):
            clipless.append(label.recording)
        else:
            kept.append((folder, label.bdi))
    for reason, names in passed.items():
        if names:
            logger.warning("passed over, for it %s: %s", reason, list_names(names, MAX_NAMED))
    if labels and not kept:
        why = "; ".join(f"{len(names)}: it {reason}" for reason, names in passed.items() if names)
        raise ValueError(
            f"{sequences}: none of the {len(labels)} recordings that are to be learned from or measured has a clip "
            f"({why or 'no scores'}): see detection.json, and change what keeps faces from being found "
            "(align.min_face, align.thresholds), clip.absent, clip.length, or who is measured (finetune.validation)"
        )
    return kept
