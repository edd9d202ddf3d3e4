"""What detection made of one recording: where its faces come from, how sure they are, what stands in the way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool

from pipeline.records.frame_table import read_frame_table
from pipeline.records.quality import read_quality
from pipeline.records.recordings import Recording
from pipeline.zarr_store import read_array, read_attributes

ORIGINS = ("detected", "refined", "interpolated", "absent")  # of the face of a frame, the surest first
LOW = 0.05  # quantile of the confidence that stands for the unsure frames


@dataclass(frozen=True)
class Detection:
    """One recording after align.

    Attributes:
        recording: its id.
        opaque: an id that says nothing of who is seen.
        frames: rows of its frame table.
        origins: frames of each of `ORIGINS`; they add up to `frames`.
        confidence: median over the frames in which the face was found; None where it never was.
        confidence_low: the 5 % quantile, likewise.
        box_height: median height of the face's box in pixels, over the frames that have one; None without any.
        rivals: people seen nearly as often as the person followed.
        cuts: shots that begin after the first.
        longest_absence: the longest run of frames without a face.
        black: share of black frames.
        frozen: share of frames equal to the one before.
        blurred: share of frames with little detail.
    """

    recording: str
    opaque: str
    frames: int
    origins: Mapping[str, int]
    confidence: float | None
    confidence_low: float | None
    box_height: float | None
    rivals: int
    cuts: int
    longest_absence: int
    black: float
    frozen: float
    blurred: float

    def __post_init__(self) -> None:
        if tuple(self.origins) != ORIGINS or sum(self.origins.values()) != self.frames:
            raise ValueError(f"{self.recording}: origins {dict(self.origins)} do not make up {self.frames} frames")

    def share(self, origin: str) -> float:
        """Share of the frames whose face has this origin."""
        return self.origins[origin] / max(self.frames, 1)

    @property
    def coverage(self) -> float:
        """Share of the frames that have a face."""
        return 1 - self.share("absent") if self.frames else 0.0


def measure(aligned: Path, decoded: Path, item: Recording) -> Detection:
    """Measure a recording from what decode and align wrote of it.

    Args:
        aligned: the folder of all aligned recordings.
        decoded: the folder of all frame tables.
        item: the recording.
    """
    folder = aligned / item.recording
    about = read_attributes(folder)
    quality = read_quality(decoded / item.recording)
    origin, confidence, boxes = (read_array(folder, name) for name in ("origin", "confidence", "boxes"))
    sure = confidence[np.isfinite(confidence)].astype(np.float64)
    absent = origin == about["origin_codes"]["absent"]
    heights = (boxes[:, 3] - boxes[:, 1])[~absent]
    return Detection(
        recording=item.recording,
        opaque=item.opaque,
        frames=len(origin),
        origins={name: int(np.count_nonzero(origin == about["origin_codes"][name])) for name in ORIGINS},
        confidence=float(np.median(sure)) if len(sure) else None,
        confidence_low=float(np.quantile(sure, LOW)) if len(sure) else None,
        box_height=float(np.median(heights)) if len(heights) else None,
        rivals=about["rivals"],
        cuts=len(read_frame_table(decoded / item.recording).cuts),
        longest_absence=longest_run(absent),
        black=quality.black,
        frozen=quality.frozen,
        blurred=quality.blurred,
    )


def longest_run(flags: Bool[np.ndarray, " time"]) -> int:
    """The length of the longest run of true flags.

    >>> longest_run(np.array([True, False, True, True, False]))
    2
    """
    edges = np.flatnonzero(np.diff(flags.astype(np.int8), prepend=0, append=0))
    return int(np.max(edges[1::2] - edges[::2], initial=0))


def worst_first(detections: Sequence[Detection]) -> list[Detection]:
    """Order recordings by the share of frames with a face, then by the confidence of the unsure ones, then by id."""
    return sorted(detections, key=lambda found: (found.coverage, found.confidence_low or 0.0, found.recording))
