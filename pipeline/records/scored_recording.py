"""A recording with its score, as estimators are fitted to it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ScoredRecording:
    """A recording with its score.

    Attributes:
        folder: of its sequence; its name is the id of the recording.
        score: in points.
        subject: id of the person in it.
    """

    folder: Path
    score: float
    subject: str
