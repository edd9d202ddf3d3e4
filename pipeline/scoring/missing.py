"""Missing input of the metrics: frames without a face, and recordings that the model cannot estimate."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.records.labels import Label
from pipeline.scoring.prediction_tables import Prediction

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class MissingCounts:
    """Counts over the recordings that have a score; zeros are reported too.

    Attributes:
        frames: number of frames of all sequences.
        absent_frames: number of these frames without a face.
        without_face: recordings without a face in any frame; their estimate is the constant.
        without_clip: recordings with a face, but no clip that `clip.absent` allows; their estimate is the constant.
        missing: recordings without a sequence (broken videos), left out of all metrics.
    """

    frames: int
    absent_frames: int
    without_face: int
    without_clip: int
    missing: int


def count_missing(predictions: Sequence[Prediction], missing: Sequence[Label]) -> MissingCounts:
    """Count what is missing from the recordings that have a score.

    Args:
        predictions: those without a score are ignored.
        missing: labels of recordings without a sequence; those without a score are ignored.
    """
    scored = [item for item in predictions if item.score is not None]
    return MissingCounts(
        frames=sum(item.frames for item in scored),
        absent_frames=sum(item.absent for item in scored),
        without_face=len(without_face(scored)),
        without_clip=len(without_clip(scored)),
        missing=sum(label.score is not None for label in missing),
    )


def without_face(predictions: Sequence[Prediction]) -> list[Prediction]:
    """Return the predictions of recordings without a face in any frame."""
    return [item for item in predictions if not item.coverage]


def without_clip(predictions: Sequence[Prediction]) -> list[Prediction]:
    """Return the predictions of recordings with a face, but without a clip that `clip.absent` allows."""
    return [item for item in predictions if item.coverage and not item.clips]


def warn_about_missing(
    predictions: Sequence[Prediction], missing: Sequence[Label], span_length: int, absent: str
) -> None:
    """Name the recordings that the model cannot estimate, each with its reason.

    Args:
        predictions: of all recordings with a sequence.
        missing: labels of recordings without a sequence.
        span_length: number of consecutive frames with a face that the model needs.
        absent: clip.absent of the model.
    """
    needed = f"{span_length} frames in a row with a face (clip.absent {absent})"
    _warn_about("without a sequence, left out", missing)
    _warn_about("without a face, whose estimate is the constant", without_face(predictions))
    _warn_about(f"without {needed}, whose estimate is the constant", without_clip(predictions))


def _warn_about(problem: str, recordings: Sequence[Label | Prediction]) -> None:
    if recordings:
        logger.warning("recordings %s: %s", problem, ", ".join(item.recording for item in recordings))
