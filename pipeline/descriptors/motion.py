"""Motion statistics of a recording: how much a face differs from itself some frames later."""

from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float64, Int64

from pipeline.data.clips.face_sequence import open_sequence
from pipeline.data.frame_order import FrameOrder
from pipeline.descriptors.face_regions import REGIONS, regions, small_faces


def clip_motion(
    sequence: Path, side: int, lags: int, length: int, absent: str, order: str, seed: int, phases: int = 1
) -> dict[str, np.ndarray]:
    """Return the mean squared differences of a face over lags, in the clips that cover a recording.

    For a lag of k frames it is the mean of (g(t + k) - g(t))^2 over the pixels of a region and over all pairs of frames
    of one clip of which both show a face; g is the face as `small_faces` returns it. So it is 2 (1 - r) for the whole
    face, where r is the correlation of the two pictures. A pair in which two clips overlap counts twice. A recording
    that is shorter than a clip is one short clip, and is not looped: its end and its beginning are no neighbours.

    Args:
        sequence: the folder that stage subsample wrote.
        side: of the small faces in pixels.
        lags: the longest lag in frames of the sequence; every lag from 1 is measured.
        length: of a clip in frames.
        absent: how clips treat frames without a face, as clip.absent.
        order: of the frames in each clip, a name of `pipeline.data.frame_order.ORDERS`.
        seed: of that order.
        phases: number of phases of the subsampling, from the first on.

    Returns:
        `differences` (phases, 3, lags) float64, of each region of `REGIONS`; NaN without a pair. `pairs` (phases, lags)
        int64, the pairs of frames that they are means of. `frames` (phases,) int64, how many frames the clips cover,
        and `lengths` (phases,) int64, how many there are.
    """
    faces, frame_order = open_sequence(sequence, absent), FrameOrder(order, seed)
    sums = np.zeros((phases, len(REGIONS), lags))
    pairs, frames, lengths = (np.zeros(shape, np.int64) for shape in ((phases, lags), phases, phases))
    for phase, (first, stop) in enumerate(faces.phases[:phases]):
        lengths[phase] = stop - first
    for phase, start, weight in faces.covering_clips(length, phases):
        count = min(length, int(lengths[phase]) - start)
        indices = frame_order.frame_indices(count, faces.recording, phase, start)
        row = faces.phases[phase][0] + start
        small = small_faces(faces.clip(phase, start, count), side)[indices]
        clip_sums, clip_pairs = squared_differences(small, faces.present[row : row + count][indices], lags)
        sums[phase] += clip_sums
        pairs[phase] += clip_pairs
        frames[phase] += weight
    differences = np.divide(sums, pairs[:, None], out=np.full_like(sums, np.nan), where=pairs[:, None] > 0)
    return {"differences": differences, "pairs": pairs, "frames": frames, "lengths": lengths}


def squared_differences(
    small: Float64[np.ndarray, "time side side"], present: Bool[np.ndarray, " time"], lags: int
) -> tuple[Float64[np.ndarray, "3 {lags}"], Int64[np.ndarray, " {lags}"]]:
    """Return, for each lag, the sum over pairs of frames of their mean squared difference in each region.

    Args:
        small: pictures.
        present: whether each shows a face; a pair counts if both do.
        lags: the longest lag in frames.

    Returns:
        The sums for each region of `REGIONS`, and the numbers of pairs.
    """
    boxes = list(regions(small.shape[1]).values())
    sums, pairs = np.zeros((len(boxes), lags)), np.zeros(lags, np.int64)
    for lag in range(1, min(lags, len(small) - 1) + 1):
        both = present[lag:] & present[:-lag]
        squares = (small[lag:][both] - small[:-lag][both]) ** 2
        pairs[lag - 1] = both.sum()
        sums[:, lag - 1] = [squares[:, rows, columns].mean(axis=(1, 2)).sum() for rows, columns in boxes]
    return sums, pairs
