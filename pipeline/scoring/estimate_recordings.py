"""Estimation of labelled recordings, with the constant where a recording has no span."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.data.clips.face_sequence import open_sequence
from pipeline.estimators.labels_alone import FittedLabelEstimators
from pipeline.records.estimates import VideoEstimate
from pipeline.records.labels import Label
from pipeline.scoring.prediction_tables import Prediction, join


@dataclass(frozen=True)
class Estimates:
    """The estimates of labelled recordings.

    Attributes:
        videos: the estimates of all spans, of the recordings that have a sequence.
        predictions: the same recordings with their labels and estimates, in the same order.
        missing: labels of the recordings without a sequence.
    """

    videos: tuple[VideoEstimate, ...]
    predictions: tuple[Prediction, ...]
    missing: tuple[Label, ...]


def estimate_recordings(
    labels: Sequence[Label],
    sequences: Path,
    absent: str,
    labels_alone: FittedLabelEstimators,
    predict: Callable[[list[Path]], list[VideoEstimate]],
) -> Estimates:
    """Estimate the recordings that have a sequence.

    Args:
        labels: of the recordings.
        sequences: the folder with the sequences of all recordings that could be read.
        absent: clip.absent.
        labels_alone: the reference is the estimate of a recording without a span.
        predict: returns the estimates for a list of folders of sequences.
    """
    available = [label for label in labels if (sequences / label.recording).is_dir()]
    folders = [sequences / label.recording for label in available]
    videos = predict(folders) if folders else []
    predictions = [
        join(label, video, open_sequence(folder, absent), labels_alone)
        for label, video, folder in zip(available, videos, folders, strict=True)
    ]
    missing = [label for label in labels if label not in available]
    return Estimates(tuple(videos), tuple(predictions), tuple(missing))
