"""What the baselines see of a recording: measures of its file, and one frame of the face."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float64

from pipeline.baselines.one_frame import one_frame
from pipeline.baselines.video_measures import video_measures
from pipeline.records.recordings import Recording


@dataclass(frozen=True)
class RecordingView:
    """What the baselines see of a recording.

    Attributes:
        recording: its id.
        measures: each of `pipeline.baselines.video_measures.MEASURES`; NaN where it is not defined.
        descriptor: of one frame; None if no frame shows a face.
    """

    recording: str
    measures: Mapping[str, float]
    descriptor: Float64[np.ndarray, " bins"] | None


def view_recording(aligned: Path, decoded: Path, window: int, grid: int, recording: Recording) -> RecordingView:
    """Read what the baselines see of a recording, in a worker.

    Args:
        aligned: folder of all aligned recordings.
        decoded: folder of all frame tables.
        window: of `pipeline.baselines.one_frame.one_frame`.
        grid: likewise.
        recording: the recording.
    """
    name = recording.recording
    measures = video_measures(aligned / name, decoded / name, recording.bytes)
    return RecordingView(name, measures, one_frame(aligned / name, window, grid))
