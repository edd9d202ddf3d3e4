"""What the figures do not rest on: frames without a face, and recordings that the network says nothing of."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.records.labels import Label
from pipeline.scoring.predictions import Prediction


@dataclass(frozen=True)
class MissingCounts:
    """Counts over the recordings that have a score; they are written always, for a 0 is worth knowing.

    Attributes:
        frames: of all sequences.
        absent_frames: how many of them show no face.
        without_face: recordings that never show a face; their estimate is the constant.
        without_clip: recordings with a face, but no clip that `clip.absent` allows; their estimate is the constant.
        missing: recordings without a sequence (they were broken), left out of all figures.
    """

    frames: int
    absent_frames: int
    without_face: int
    without_clip: int
    missing: int


def count_missing(predictions: Sequence[Prediction], missing: Sequence[Label]) -> MissingCounts:
    """Count what is amiss with the recordings that have a score.

    Args:
        predictions: those without a score are passed over.
        missing: labels of recordings without a sequence, likewise.
    """
    scored = [item for item in predictions if item.bdi is not None]
    return MissingCounts(
        frames=sum(item.frames for item in scored),
        absent_frames=sum(item.absent for item in scored),
        without_face=len(without_face(scored)),
        without_clip=len(without_clip(scored)),
        missing=sum(label.bdi is not None for label in missing),
    )


def without_face(predictions: Sequence[Prediction]) -> list[Prediction]:
    """Those of recordings that never show a face."""
    return [item for item in predictions if not item.coverage]


def without_clip(predictions: Sequence[Prediction]) -> list[Prediction]:
    """Those of recordings that show a face, but not for a whole clip as `clip.absent` asks."""
    return [item for item in predictions if item.coverage and not item.clips]
