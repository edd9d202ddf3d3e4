"""Local phase quantisation of a recording: the mean descriptor of the frames of each segment."""

from pathlib import Path

import numpy as np

from pipeline.data.clips.face_sequence import open_sequence
from pipeline.descriptors.grey import grey
from pipeline.descriptors.histograms import region_histograms
from pipeline.descriptors.lpq import CODES, lpq_codes
from pipeline.zarr_store import read_attributes


def lpq_segments(sequence: Path, window: int, grid: int, seconds: float, phase: int = 0) -> dict[str, np.ndarray]:
    """Describe each segment of a phase of a sequence by LPQ histograms in regions of the face.

    Frames without a face are left out, and so are segments without any face. The last segment may be shorter.

    Args:
        sequence: the folder that stage subsample wrote.
        window: pixels, odd: the window of LPQ.
        grid: regions along each side of the face.
        seconds: of a segment.
        phase: number of the phase of the subsampling.

    Returns:
        `histograms` (segments, grid x grid x 256) float32, the mean over the frames of each segment, and `frames`
        (segments,) int64, the number of these frames; `length` () int64, the number of frames of the phase.
    """
    faces = open_sequence(sequence, "keep")
    first, stop = faces.phases[phase]
    present = np.flatnonzero(faces.present[first:stop])
    frames_per_segment = max(round(seconds * read_attributes(sequence)["fps"]), 1)
    histograms, counts = [], []
    for segment in np.unique(present // frames_per_segment):
        total, frames = np.zeros(grid * grid * CODES), present[present // frames_per_segment == segment]
        for frame in frames.tolist():
            image = grey(faces.faces[first + frame : first + frame + 1])[0]
            total += region_histograms(lpq_codes(image, window), grid, CODES)
        histograms.append(total / len(frames))
        counts.append(len(frames))
    return {
        "histograms": np.array(histograms, np.float32).reshape(-1, grid * grid * CODES),
        "frames": np.array(counts, np.int64),
        "length": np.array(stop - first, np.int64),
    }
