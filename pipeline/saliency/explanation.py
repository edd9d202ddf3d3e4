"""One clip of a recording with the relevance of all its places, in memory and on disk."""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, UInt8

from pipeline.scoring.bands import BANDS
from pipeline.zarr_store import ARCHIVE, GroupWriter, read_array, read_attributes


@dataclass(frozen=True)
class Subject:
    """What is explained: which clip of whom, and by which network.

    Attributes:
        band: severity band of the truth.
        recording: its id.
        opaque: an id that says nothing of who is seen.
        bdi: the truth.
        estimate: of the whole recording, in points of BDI-II.
        clip_estimate: of this clip, which the relevance explains.
        phase: of the subsampling.
        start: first frame of the clip in that phase.
        stage: of the network, whose last block was looked at.
        network: in words.
    """

    band: str
    recording: str
    opaque: str
    bdi: float
    estimate: float
    clip_estimate: float
    phase: int
    start: int
    stage: str
    network: str

    def __post_init__(self) -> None:
        if self.band not in [band.name for band in BANDS]:
            raise ValueError(f"{self.recording}: band {self.band!r}; allowed: {', '.join(b.name for b in BANDS)}")


@dataclass(frozen=True)
class Explanation:
    """A clip and the relevance of its places.

    Attributes:
        subject: whose, and by which network.
        faces: the frames that the network saw.
        relevance: in points of BDI-II; above 0 raises the estimate, below 0 lowers it (see `relevance`).
        present: whether a face was found in the frame; else it is black or another frame's, as `clip.absent` says.
    """

    subject: Subject
    faces: UInt8[np.ndarray, "time height width 3"]
    relevance: Float[np.ndarray, "time height width"]
    present: Bool[np.ndarray, " time"]

    def __post_init__(self) -> None:
        if self.faces.shape[:3] != self.relevance.shape or self.present.shape != self.faces.shape[:1]:
            shapes = f"{self.faces.shape} faces, {self.relevance.shape} relevance, {self.present.shape} present"
            raise ValueError(f"{self.subject.recording}: {shapes}; allowed: of one time, height and width")
        if not np.isfinite(self.relevance).all():
            raise ValueError(f"{self.subject.recording}: the relevance is not a finite number everywhere")


def write_explanation(folder: Path, explanation: Explanation) -> None:
    """Write a group with `faces`, `relevance` and `present`, one row a frame, and the subject as attributes."""
    with GroupWriter(folder, ARCHIVE, asdict(explanation.subject)) as group:
        group.append("faces", explanation.faces)
        group.append("relevance", explanation.relevance.astype(np.float32))
        group.append("present", explanation.present.astype(np.uint8))


def read_explanations(folder: Path) -> dict[str, Explanation]:
    """Read what stage explain wrote, by band, from minimal to severe.

    Raises:
        ValueError: where a group is not whole.
    """
    places = {band.name: folder / band.name for band in BANDS}
    return {name: _read(place) for name, place in places.items() if place.is_dir()}


def _read(folder: Path) -> Explanation:
    subject = Subject(**read_attributes(folder))
    faces, relevance, present = (read_array(folder, name) for name in ("faces", "relevance", "present"))
    return Explanation(subject, faces, relevance, present.astype(bool))
