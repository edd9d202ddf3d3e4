"""Recordings with what a network says of them, and those it cannot be asked about."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.data.clips.face_sequence import open_sequence
from pipeline.estimators.estimates import VideoEstimate
from pipeline.records.labels import Label
from pipeline.scoring.baselines import Baseline
from pipeline.scoring.predictions import Prediction, join


@dataclass(frozen=True)
class Estimates:
    """What came of asking.

    Attributes:
        videos: the estimates of all clips, of the recordings that have a sequence.
        predictions: the same recordings beside what is known of them, in the same order.
        missing: recordings without a sequence.
    """

    videos: tuple[VideoEstimate, ...]
    predictions: tuple[Prediction, ...]
    missing: tuple[Label, ...]


def estimate_recordings(
    labels: Sequence[Label],
    sequences: Path,
    absent: str,
    known: Baseline,
    ask: Callable[[list[Path]], list[VideoEstimate]],
) -> Estimates:
    """Have recordings estimated.

    Args:
        labels: of the recordings.
        sequences: the folder with a sequence for each that could be read.
        absent: clip.absent.
        known: gives the estimate where there is no clip.
        ask: takes folders of sequences and gives their estimates.
    """
    held = [label for label in labels if (sequences / label.recording).is_dir()]
    folders = [sequences / label.recording for label in held]
    videos = ask(folders) if folders else []
    predictions = [
        join(label, video, open_sequence(folder, absent), known)
        for label, video, folder in zip(held, videos, folders, strict=True)
    ]
    missing = [label for label in labels if label not in held]
    return Estimates(tuple(videos), tuple(predictions), tuple(missing))
