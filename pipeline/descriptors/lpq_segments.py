"""Local phase quantisation of a recording: the mean descriptor of the frames of each segment."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from jaxtyping import Int

from pipeline.data.clips.face_sequence import open_sequence
from pipeline.descriptors.grey import grey
from pipeline.descriptors.histograms import region_histograms
from pipeline.descriptors.lpq import CODES, lpq_codes
from pipeline.zarr_store import read_attributes


def lpq_segments(sequence: Path, window: int, grid: int, seconds: float, phase: int = 0) -> dict[str, np.ndarray]:
    """Describe each segment of a phase of a sequence by LPQ histograms in regions of the face.

    Frames without a face are left out, and so are segments without any face. A segment ends at a break; the last one
    before a break or the end may be shorter.

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
    segments = segment_numbers(stop - first, frames_per_segment, faces.phase_breaks(phase))[present]
    histograms, counts = [], []
    for segment in np.unique(segments):
        total, frames = np.zeros(grid * grid * CODES), present[segments == segment]
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


def segment_numbers(frames: int, length: int, breaks: Sequence[int]) -> Int[np.ndarray, " frames"]:
    """Return the number of the segment of each frame: segments have `length` frames, and end at breaks.

    Examples:
        >>> segment_numbers(8, 3, breaks=[4]).tolist()
        [0, 0, 0, 1, 2, 2, 2, 3]
    """
    starts = [start for first, stop in pairwise([0, *breaks, frames]) for start in range(first, stop, length)]
    return np.searchsorted(starts, np.arange(frames), side="right") - 1
