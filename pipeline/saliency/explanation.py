"""An explanation: one clip of a recording with the relevance of all its pixels, in memory and on disk."""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, UInt8

from pipeline.records.labels import EARLIER_NAMES
from pipeline.zarr_store import ARCHIVE, GroupWriter, read_array, read_attributes

UNEXPLAINED = "not_explained.txt"  # beside or instead of explanations: why there are none


@dataclass(frozen=True)
class ClipMetadata:
    """The clip that is explained, its recording and the network.

    Attributes:
        band: severity band of the true score.
        recording: id of the recording.
        opaque: an id of the recording that does not identify its subject.
        score: true score.
        estimate: of the whole recording, in points.
        clip_estimate: of this clip, in points; the relevance explains it.
        phase: of the subsampling.
        start: index of the clip's first frame in that phase.
        stage: of the network; Grad-CAM took the output of its last block.
        network: readable name.
    """

    band: str
    recording: str
    opaque: str
    score: float
    estimate: float
    clip_estimate: float
    phase: int
    start: int
    stage: str
    network: str


@dataclass(frozen=True)
class Explanation:
    """A clip and the relevance of its pixels.

    Attributes:
        metadata: of the clip, its recording and the network.
        faces: the frames of the clip, as the network saw them.
        relevance: in points; values above 0 raise the estimate, values below 0 lower it (see `relevance`).
        present: whether a face was found in each frame; if not, the frame is black or repeats another frame, depending
            on `clip.absent` of params.yaml.
    """

    metadata: ClipMetadata
    faces: UInt8[np.ndarray, "time height width 3"]
    relevance: Float[np.ndarray, "time height width"]
    present: Bool[np.ndarray, " time"]

    def __post_init__(self) -> None:
        if self.faces.shape[:3] != self.relevance.shape or self.present.shape != self.faces.shape[:1]:
            shapes = f"{self.faces.shape} faces, {self.relevance.shape} relevance, {self.present.shape} present"
            raise ValueError(f"{self.metadata.recording}: {shapes}; allowed: equal time, height and width")
        if not np.isfinite(self.relevance).all():
            raise ValueError(f"{self.metadata.recording}: the relevance is not finite everywhere")


def write_explanation(folder: Path, explanation: Explanation) -> None:
    """Write a Zarr group with the arrays `faces`, `relevance` and `present`; the metadata are its attributes."""
    with GroupWriter(folder, ARCHIVE, asdict(explanation.metadata)) as group:
        group.append("faces", explanation.faces)
        group.append("relevance", explanation.relevance.astype(np.float32))
        group.append("present", explanation.present.astype(np.uint8))


def read_explanations(folder: Path) -> dict[str, Explanation]:
    """Read the explanations that the stage explain wrote, by band, from the lowest to the highest.

    Raises:
        ValueError: if a group is incomplete.
    """
    groups = [path for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []
    ordered = sorted(map(_read, groups), key=lambda item: item.metadata.score)
    return {item.metadata.band: item for item in ordered}


def _read(folder: Path) -> Explanation:
    attributes = {EARLIER_NAMES.get(name, name): value for name, value in read_attributes(folder).items()}
    metadata = ClipMetadata(**attributes)
    faces, relevance, present = (read_array(folder, name) for name in ("faces", "relevance", "present"))
    return Explanation(metadata, faces, relevance, present.astype(bool))
