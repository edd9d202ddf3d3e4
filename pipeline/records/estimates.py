"""Estimates of the score: of spans of a recording (clips, frames, segments), and of whole recordings."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable


@dataclass(frozen=True)
class SpanEstimate:
    """The estimate of a span: the stretch of a recording that an estimator estimates at once.

    A span is a clip, a single frame, a segment or the whole recording.

    Attributes:
        phase: number of the phase of the subsampling.
        start: first frame in that phase.
        length: number of frames of the recording; of a clip that loops a short recording, those of the recording.
        weight: share in the recording's estimate: usually the number of frames that no earlier span of the phase
            covers.
        estimate: in points; not clipped to the range of the scale.
    """

    phase: int
    start: int
    length: int
    weight: int
    estimate: float

    def __post_init__(self) -> None:
        if self.length < 1 or self.weight < 1 or self.start < 0:
            raise ValueError(f"{self}: allowed are a length and a weight from 1, and a start from 0")


@dataclass(frozen=True)
class VideoEstimate:
    """The estimates of one recording.

    Attributes:
        recording: id of the recording.
        spans: estimates of its spans in order; empty if it never shows a face, or nowhere as long as the estimator
            needs.
    """

    recording: str
    spans: tuple[SpanEstimate, ...]

    @property
    def score(self) -> float | None:
        """The weighted mean over the spans, or None without spans."""
        weight = sum(span.weight for span in self.spans)
        return sum(span.estimate * span.weight for span in self.spans) / weight if weight else None


@runtime_checkable
class KeptEstimates(Protocol):
    """Estimates that outlive a kill: a long evaluation goes on with the recordings that are missing."""

    def find(self, recording: Path, method: str) -> VideoEstimate | None:
        """Return the estimate of a recording, or None.

        Args:
            recording: the folder of its sequence.
            method: names the way of computing it where several differ by rounding.
        """

    def keep(self, recording: Path, method: str, estimate: VideoEstimate) -> None:
        """Keep the estimate of a recording; see `find`."""
