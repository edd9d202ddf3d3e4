"""Measures of face detection on one recording: origins of the faces, their confidence, and causes of absent faces."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool

from pipeline.records.frame_table import read_frame_table
from pipeline.records.quality import read_quality
from pipeline.records.recordings import Recording
from pipeline.runtime.output_checksums import verified_digest
from pipeline.zarr_store import read_array, read_attributes

ORIGINS = ("detected", "refined", "interpolated", "absent")  # of the face of a frame, the most reliable first
DOUBTS = ("rivals", "still_faces", "follows_still", "people", "people_certain", "person_changes", "turned")
LOW_QUANTILE = 0.05  # of the confidence: a measure of the least certain frames


@dataclass(frozen=True)
class Detection:
    """Face detection on one recording, after align.

    Attributes:
        recording: its id.
        opaque: an id that reveals nothing about the subject.
        frames: rows of its frame table.
        origins: number of frames of each of `ORIGINS`; they add up to `frames`.
        confidence: median over the frames with a detected or refined face; None without any.
        confidence_low: 5 % quantile over the same frames; None without any.
        box_height: median height of the face box in pixels, over the frames with a face; None without any.
        rivals: number of people seen nearly as often as the followed person.
        still_faces: number of faces that never move and were passed over.
        follows_still: whether the followed face never moves.
        people: number of people at the followed person's place, by turns.
        people_certain: whether these are told apart with certainty.
        person_changes: number of frames at which the person changes.
        turned: degrees, counter-clockwise, by which the pictures must be turned; None if they are upright.
        cuts: number of shots after the first.
        longest_absence: length of the longest run of frames without a face.
        black: share of black frames.
        frozen: share of frames equal to the frame before.
        blurred: share of frames with little detail.
        irregular: share of the time in which the frame rate differs from the usual one by more than a tenth.
        pauses: number of pauses of the recording.
    """

    recording: str
    opaque: str
    frames: int
    origins: Mapping[str, int]
    confidence: float | None
    confidence_low: float | None
    box_height: float | None
    rivals: int
    still_faces: int
    follows_still: bool
    people: int
    people_certain: bool
    person_changes: int
    turned: int | None
    cuts: int
    longest_absence: int
    black: float
    frozen: float
    blurred: float
    irregular: float
    pauses: int

    def __post_init__(self) -> None:
        if tuple(self.origins) != ORIGINS or sum(self.origins.values()) != self.frames:
            raise ValueError(f"{self.recording}: origins {dict(self.origins)} do not add up to {self.frames} frames")

    def share(self, origin: str) -> float:
        """Return the share of frames with a face of this origin."""
        return self.origins[origin] / max(self.frames, 1)

    @property
    def coverage(self) -> float:
        """Share of frames with a face."""
        return 1 - self.share("absent") if self.frames else 0.0


def measure(aligned: Path, decoded: Path, recording: Recording) -> Detection:
    """Measure face detection on a recording, from the outputs of decode and align.

    Args:
        aligned: folder of all aligned recordings.
        decoded: folder of all frame tables.
        recording: the recording.

    Raises:
        DamagedError: if a file of these outputs is damaged.
    """
    for output in (aligned, decoded):
        verified_digest(output / recording.recording)
    folder = aligned / recording.recording
    attributes = read_attributes(folder)
    quality = read_quality(decoded / recording.recording)
    origin, confidence, boxes = (read_array(folder, name) for name in ("origin", "confidence", "boxes"))
    finite = confidence[np.isfinite(confidence)].astype(np.float64)
    absent = origin == attributes["origin_codes"]["absent"]
    heights = (boxes[:, 3] - boxes[:, 1])[~absent]
    return Detection(
        recording=recording.recording,
        opaque=recording.opaque,
        frames=len(origin),
        origins={name: int(np.count_nonzero(origin == attributes["origin_codes"][name])) for name in ORIGINS},
        confidence=float(np.median(finite)) if len(finite) else None,
        confidence_low=float(np.quantile(finite, LOW_QUANTILE)) if len(finite) else None,
        box_height=float(np.median(heights)) if len(heights) else None,
        **{name: attributes[name] for name in DOUBTS},
        cuts=len(read_frame_table(decoded / recording.recording).cuts),
        longest_absence=longest_run(absent),
        black=quality.black,
        frozen=quality.frozen,
        blurred=quality.blurred,
        irregular=quality.irregular,
        pauses=quality.pauses,
    )


def longest_run(flags: Bool[np.ndarray, " time"]) -> int:
    """Return the length of the longest run of true flags.

    Examples:
        >>> longest_run(np.array([True, False, True, True, False]))
        2
    """
    edges = np.flatnonzero(np.diff(flags.astype(np.int8), prepend=0, append=0))
    return int(np.max(edges[1::2] - edges[::2], initial=0))


def worst_first(detections: Sequence[Detection]) -> list[Detection]:
    """Sort recordings by the share of frames with a face, then by the 5 % quantile of the confidence, then by id."""
    return sorted(
        detections, key=lambda detection: (detection.coverage, detection.confidence_low or 0.0, detection.recording)
    )
