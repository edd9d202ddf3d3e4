"""Frame arithmetic of clips: pure integer functions that choose the frames of a clip."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Int


def wrapped_spans(start: int, length: int, frames: int) -> list[tuple[int, int]]:
    """Return the spans (first, past the last) of a clip of `length` frames from `start`, wrapping around at the end.

    A video shorter than the clip is looped.

        frames      0 1 2 3 4 5 6 7
        start 6     2 3         0 1    (frame numbers within the clip)

    Examples:
        >>> wrapped_spans(6, length=4, frames=8)
        [(6, 8), (0, 2)]
        >>> wrapped_spans(2, length=4, frames=8)
        [(2, 6)]
        >>> wrapped_spans(1, length=8, frames=3)
        [(1, 3), (0, 3), (0, 3)]

    Raises:
        ValueError: if there are no frames, or `start` is not one of them.
    """
    if not 0 <= start < frames:
        raise ValueError(f"a clip from frame {start} of {frames}; allowed: 0 to {frames - 1}")
    spans = []
    while length:
        stop = min(start + length, frames)
        spans.append((start, stop))
        length -= stop - start
        start = 0
    return spans


def covering_clips(frames: int, length: int) -> list[tuple[int, int]]:
    """Return the clips (start, weight) that cover a video; the weight counts frames that no earlier clip covers.

    Clips do not overlap, except that a remainder is covered by a last clip that ends at the last frame. A video shorter
    than a clip is looped. The weights add up to `frames`.

        frames 10, length 4     0 1 2 3 4 5 6 7 8 9
                                [-----] [-----]
                                            [-----]    weight 2

    Examples:
        >>> covering_clips(10, length=4)
        [(0, 4), (4, 4), (6, 2)]
        >>> covering_clips(8, length=4)
        [(0, 4), (4, 4)]
        >>> covering_clips(3, length=4)
        [(0, 3)]
        >>> covering_clips(0, length=4)
        []
    """
    if frames < length:
        return [(0, frames)] if frames else []
    clips = [(start, length) for start in range(0, frames - length + 1, length)]
    if remainder := frames % length:
        clips.append((frames - length, remainder))
    return clips


def covering_clips_of_runs(
    usable: Bool[np.ndarray, " frames"], length: int, breaks: Sequence[int] = ()
) -> list[tuple[int, int]]:
    """Return the clips (start, weight) that cover each run of usable frames, as `covering_clips` covers a video.

    A run ends at a break. One that is shorter than a clip is left out, unless it is a whole video, which is looped.

        usable, length 4        1 1 1 1 1 0 0 1 1 1
                                [-----]
                                  [-----]    weight 1; the last three frames are left out

    Args:
        usable: the frames that clips may contain.
        length: of a clip.
        breaks: rising numbers of frames; no clip contains such a frame and the one before it.

    Examples:
        >>> covering_clips_of_runs(np.array([1, 1, 1, 1, 1, 0, 0, 1, 1, 1], bool), length=4)
        [(0, 4), (1, 1)]
        >>> covering_clips_of_runs(np.array([1, 1, 1], bool), length=4)
        [(0, 3)]
        >>> covering_clips_of_runs(np.ones(12, bool), length=4, breaks=[5, 8])  # runs of 5, 3 and 4 frames
        [(0, 4), (1, 1), (8, 4)]
    """
    if usable.all() and not breaks:
        return covering_clips(len(usable), length)
    runs: list[tuple[int, int]] = []
    for first, stop in pairwise([0, *breaks, len(usable)]):
        edges = np.flatnonzero(np.diff(usable[first:stop].astype(np.int8), prepend=0, append=0)) + first
        runs += zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    return [
        (first + start, weight)
        for first, stop in runs
        if stop - first >= length
        for start, weight in covering_clips(stop - first, length)
    ]


def allowed_starts(
    usable: Bool[np.ndarray, " frames"], length: int, breaks: Sequence[int] = ()
) -> Int[np.ndarray, " starts"]:
    """Return the first frames of the clips, wrapping around at the end, that contain usable frames only.

    In a video with breaks no clip wraps around: its end and its beginning are parted by them.

    Args:
        usable: the frames that clips may contain.
        length: of a clip.
        breaks: rising numbers of frames; no clip contains such a frame and the one before it.

    Examples:
        >>> allowed_starts(np.array([1, 1, 0, 1, 1, 1], bool), length=3).tolist()
        [3, 4, 5]
        >>> allowed_starts(np.ones(7, bool), length=3, breaks=[4]).tolist()  # 0 1 2 3 | 4 5 6
        [0, 1, 4]
    """
    if breaks:
        parts = pairwise([0, *breaks, len(usable)])
        starts = [first + _unwrapped_starts(usable[first:stop], length) for first, stop in parts]
        return np.concatenate(starts)
    distinct = min(length, len(usable))  # different frames in a clip
    return _unwrapped_starts(np.concatenate([usable, usable[: max(distinct - 1, 0)]]), distinct)[: len(usable)]


def _unwrapped_starts(usable: Bool[np.ndarray, " frames"], length: int) -> Int[np.ndarray, " starts"]:
    """Return the first frames of the clips that contain usable frames only and end within the video.

    Examples:
        >>> _unwrapped_starts(np.array([1, 1, 0, 1, 1, 1], bool), length=2).tolist()
        [0, 3, 4]
    """
    unusable = np.concatenate([[0], np.cumsum(~usable)])  # number before each frame
    return np.flatnonzero(unusable[length:] == unusable[: max(len(unusable) - length, 0)])
