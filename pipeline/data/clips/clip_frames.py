"""Which frames a clip holds: pure integer functions."""

import numpy as np
from jaxtyping import Bool, Int


def wrapped_spans(start: int, length: int, frames: int) -> list[tuple[int, int]]:
    """The spans (first, past the last) that a clip of `length` frames from `start` reads, going round at the end.

    A video shorter than the clip is looped.

        frames      0 1 2 3 4 5 6 7
        start 6     2 3         0 1    (numbers in the clip)

    >>> wrapped(6, length=4, frames=8)
    [(6, 8), (0, 2)]
    >>> wrapped(2, length=4, frames=8)
    [(2, 6)]
    >>> wrapped(1, length=8, frames=3)
    [(1, 3), (0, 3), (0, 3)]

    Raises:
        ValueError: where there are no frames, or `start` is not one of them.
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
    """The clips (start, weight) that cover a video in testing; weights are the frames that no earlier clip covered.

    Clips do not overlap. A remainder is covered by one last clip that ends at the last frame; a video shorter than a
    clip is looped. The weights add up to `frames`.

        frames 10, length 4     0 1 2 3 4 5 6 7 8 9
                                [-----] [-----]
                                            [-----]    weight 2

    >>> covering(10, length=4)
    [(0, 4), (4, 4), (6, 2)]
    >>> covering(8, length=4)
    [(0, 4), (4, 4)]
    >>> covering(3, length=4)
    [(0, 3)]
    >>> covering(0, length=4)
    []
    """
    if frames < length:
        return [(0, frames)] if frames else []
    clips = [(start, length) for start in range(0, frames - length + 1, length)]
    if remainder := frames % length:
        clips.append((frames - length, remainder))
    return clips


def covering_clips_of_runs(usable: Bool[np.ndarray, " frames"], length: int) -> list[tuple[int, int]]:
    """The clips (start, weight) that cover each run of usable frames as `covering_clips` does a video.

    A run shorter than a clip is left out, unless it is a whole video, which is looped.

        usable, length 4        1 1 1 1 1 0 0 1 1 1
                                [-----]
                                  [-----]    weight 1; the last three frames are left out

    >>> covering_runs(np.array([1, 1, 1, 1, 1, 0, 0, 1, 1, 1], bool), length=4)
    [(0, 4), (1, 1)]
    >>> covering_runs(np.array([1, 1, 1], bool), length=4)
    [(0, 3)]
    """
    if usable.all():
        return covering_clips(len(usable), length)
    edges = np.flatnonzero(np.diff(usable.astype(np.int8), prepend=0, append=0)).tolist()
    runs = [(first, stop) for first, stop in zip(edges[::2], edges[1::2], strict=True) if stop - first >= length]
    return [(first + start, weight) for first, stop in runs for start, weight in covering_clips(stop - first, length)]


def allowed_starts(usable: Bool[np.ndarray, " frames"], length: int) -> Int[np.ndarray, " starts"]:
    """The frames from which a clip that goes round at the end holds usable frames only.

    >>> allowed_starts(np.array([1, 1, 0, 1, 1, 1], bool), length=3).tolist()
    [3, 4, 5]
    """
    frames = len(usable)
    held = min(length, frames)  # different frames in a clip
    round_again = np.concatenate([usable, usable[: max(held - 1, 0)]])
    unusable = np.concatenate([[0], np.cumsum(~round_again)])  # before each frame
    return np.flatnonzero(unusable[held : held + frames] == unusable[:frames])
