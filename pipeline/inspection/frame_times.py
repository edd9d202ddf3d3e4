"""Times of the frames of a video, from their time stamps."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Float

from pipeline.inspection.stamp_chain import Link, best_chain, link
from pipeline.inspection.stamp_order import sort_shuffled, usual_step
from pipeline.records.frame_steps import longest_step


@dataclass(frozen=True)
class FrameTimes:
    """The times of the frames of a video.

    Attributes:
        seconds: from the first frame, rising.
        source: `stamps` (of the file), `sorted` (stamps of the file that stand in the order of decoding), `mended`
            (some are replaced or moved) or `assumed` (no two stamps fit together; the steps are those of the rate).
        replaced: number of frames whose stamp is missing or wrong.
        restarts: numbers of the frames at which the clock of the file was set back; later stamps are moved so that
            the step is the usual one.
    """

    seconds: Float[np.ndarray, " frames"]
    source: str
    replaced: int = 0
    restarts: tuple[int, ...] = ()


def frame_times(stamps: Sequence[float | None], rate: float) -> FrameTimes:
    """Return the times of the frames of a video.

        stamps of frames 0 to 6       times
        0  1  2  3  4  5  6           as they are
        0  1  2 99  4  -  6           0  1  2  3  4  5  6        mended: two replaced
        0  1  2 60 61 62 63           as they are                a pause: time went by
        5  6  7  0  1  2  3           0  1  2  3  4  5  6        mended: a restart at frame 3
        1  3  2  5  4  6  7           0  1  2  3  4  5  6        sorted

    A frame whose stamp is missing or wrong stands at equal steps between its neighbours; beside a pause and at the ends
    of the video it follows at the usual step.

    Args:
        stamps: in seconds, of each frame in the order in which the frames are shown; None where one is missing.
        rate: frames per second, for a video whose stamps give no step.
    """
    count = len(stamps)
    frames = np.array([number for number, stamp in enumerate(stamps) if stamp is not None], np.int64)
    values = np.array([stamp for stamp in stamps if stamp is not None], np.float64)
    usual = usual_step(frames, values) or 1 / rate
    in_order = sort_shuffled(values, usual)
    steps = np.diff(in_order)
    is_whole = len(frames) == count and np.all((steps > 0) & (steps <= longest_step(usual)))
    chain = np.arange(count) if is_whole else best_chain(frames, in_order, usual)
    if len(chain) < min(count, 2):
        return FrameTimes(np.arange(count) / rate, "assumed", count)
    kept, times, restarts = frames[chain], in_order[chain], []
    for position, (before, after) in enumerate(pairwise(kept.tolist()), start=1):
        if link(after - before, times[position] - times[position - 1], usual) is Link.RESTART:
            times[position:] += times[position - 1] + (after - before) * usual - times[position]
            restarts.append(after)
    seconds = _fill(kept.tolist(), times.tolist(), count, usual)
    replaced, is_sorted = count - len(kept), not np.array_equal(in_order, values)
    source = "mended" if replaced or restarts else "sorted" if is_sorted else "stamps"
    return FrameTimes(seconds - seconds[0], source, replaced, tuple(restarts))


def _fill(kept: list[int], times: list[float], count: int, usual: float) -> Float[np.ndarray, " frames"]:
    """Return the times of all `count` frames, given those of the frames that keep their stamps."""
    points = [(0, times[0] - kept[0] * usual)] if kept[0] else []
    for (before, start), (after, end) in pairwise(zip(kept, times, strict=True)):
        points.append((before, start))
        if after - before > 1 and link(after - before, end - start, usual) is Link.PAUSE:
            points.append((after - 1, start + (after - 1 - before) * usual))
    points.append((kept[-1], times[-1]))
    if kept[-1] < count - 1:
        points.append((count - 1, times[-1] + (count - 1 - kept[-1]) * usual))
    numbers, seconds = zip(*points, strict=True)
    return np.interp(np.arange(count), numbers, seconds)
