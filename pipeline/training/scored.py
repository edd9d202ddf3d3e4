"""Recordings with their scores, as far as they can be learned from."""

import logging
from collections.abc import Iterable
from pathlib import Path

from pipeline.training.sequences import open_sequence
from pipeline.work.labels import Label

logger = logging.getLogger(__name__)

NAMED = 10  # recordings in one warning


def with_faces(labels: Iterable[Label], sequences: Path) -> list[tuple[Path, float]]:
    """The folder of the sequence and the score of each recording that shows a face in some frame.

    A recording without a sequence (it may have been broken) or without a face is passed over with a warning, and so is
    one without a score, silently.
    """
    kept, missing, faceless = [], [], []
    for label in labels:
        folder = sequences / label.recording
        if label.bdi is None:
            continue
        if not folder.is_dir():
            missing.append(label.recording)
        elif not open_sequence(folder).present:
            faceless.append(label.recording)
        else:
            kept.append((folder, label.bdi))
    for reason, names in (("has no sequence", missing), ("shows no face", faceless)):
        if names:
            more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
            logger.warning("passed over, for it %s: %s%s", reason, ", ".join(names[:NAMED]), more)
    return kept
