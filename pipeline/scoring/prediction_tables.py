"""Predictions: recordings with their labels and estimates; and the tables of predictions and of clips.

Recordings with a score and those without are written to different tables: DVC would plot an empty score as 0.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.data.clips.face_sequence import FaceSequence
from pipeline.estimators.labels_alone import FittedLabelEstimators
from pipeline.records.estimates import VideoEstimate
from pipeline.records.labels import Label
from pipeline.records.predictions import COLUMNS
from pipeline.records.tables import write_rows

CLIP_COLUMNS = ("recording", "phase", "start", "length", "weight", "estimate")


@dataclass(frozen=True)
class Prediction:
    """A recording with its label and its estimate.

    Attributes:
        recording: id of the recording.
        subject: id of the person in it.
        seen: whether the labels for fitting have a score of this subject.
        session: id of the visit; may be empty.
        task: what the subject did; may be empty.
        score: the score, or None if unknown.
        estimate: in points; the constant if there is no span.
        clips: number of spans (clips, frames, segments) that the estimate averages; 0 if it never shows a face, or
            nowhere as long as the estimator needs.
        frames: number of frames of its sequence, in all phases.
        absent: number of these frames without a face.
        sex: as the corpus writes it; may be empty.
        age: in years, or None if unknown.
    """

    recording: str
    subject: str
    seen: bool
    session: str
    task: str
    score: float | None
    estimate: float
    clips: int
    frames: int
    absent: int
    sex: str = ""
    age: float | None = None

    def __post_init__(self) -> None:
        if not math.isfinite(self.estimate):
            raise ValueError(f"{self.recording}: the estimate is {self.estimate}; allowed: a finite number")
        if not 0 <= self.absent <= self.frames:
            raise ValueError(
                f"{self.recording}: {self.absent} absent of {self.frames} frames; allowed: 0 to {self.frames}"
            )

    @property
    def coverage(self) -> float:
        """Share of frames that show a face, 0 to 1; 0 if there are no frames."""
        return 1 - self.absent / self.frames if self.frames else 0.0


def join(label: Label, video: VideoEstimate, sequence: FaceSequence, labels_alone: FittedLabelEstimators) -> Prediction:
    """Join the label, the estimate and the sequence of a recording; without a span the estimate is the reference's.

    Raises:
        ValueError: if the three are of different recordings, or the estimate is not a finite number.
    """
    if not label.recording == video.recording == sequence.recording:
        raise ValueError(f"{label.recording}, {video.recording} and {sequence.recording} are not one recording")
    return Prediction(
        recording=label.recording,
        subject=label.subject,
        seen=label.subject in labels_alone.subjects,
        session=label.session,
        task=label.task,
        score=label.score,
        estimate=labels_alone.reference if video.score is None else video.score,
        clips=len(video.spans),
        frames=len(sequence.present),
        absent=int(np.count_nonzero(~sequence.present)),
        sex=label.sex,
        age=label.age,
    )


def write_predictions(folder: Path, predictions: Iterable[Prediction]) -> None:
    """Write predictions.csv, and unscored.csv if there are recordings without a score; sorted by recording."""
    ordered = sorted(predictions, key=lambda item: item.recording)
    write_rows(folder / "predictions.csv", COLUMNS, (_cells(item) for item in ordered if item.score is not None))
    if unscored := [_cells(item) for item in ordered if item.score is None]:
        write_rows(folder / "unscored.csv", COLUMNS, unscored)


def write_clips(path: Path, videos: Iterable[VideoEstimate]) -> None:
    """Write the estimate of every span to `path`, by recording, phase and start."""
    rows = [
        [video.recording, span.phase, span.start, span.length, span.weight, f"{span.estimate:z.4f}"]
        for video in sorted(videos, key=lambda video: video.recording)
        for span in video.spans
    ]
    write_rows(path, CLIP_COLUMNS, rows)


def _cells(item: Prediction) -> list[object]:
    score = "" if item.score is None else f"{item.score:g}"
    seen = "yes" if item.seen else "no"
    numbers = [score, f"{item.estimate:z.4f}", item.clips, f"{item.coverage:.4f}", item.frames, item.absent]
    return [item.recording, item.subject, item.session, seen, item.task, *numbers]
