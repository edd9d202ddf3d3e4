"""The signal of a recording: how brightness and movement of its pictures go up and down, by which copies are found.

Encoding a video again, scaling, mirroring, cropping a little or changing brightness and frame rate leave the course of
both almost as it is. Two recordings of one person in one room have equal pictures, but never the same course.
"""

from pathlib import Path

import numpy as np
from jaxtyping import Float

from pipeline.records.frame_table import FrameTable, read_frame_table
from pipeline.records.recordings import Recording

RATE = 10  # samples per second
SMOOTHED = 4  # samples: brightness and movement are means over 0.4 s, so that other frame rates hardly matter
LIMIT = 3.0  # robust standard deviations: without it a single jump of two unlike videos would make them alike
NORMAL = 1.4826  # the standard deviation of a normal distribution over its median absolute deviation

Signal = Float[np.ndarray, "2 _"]  # brightness and movement; samples


def read_signal(decoded: Path, recording: Recording) -> Signal:
    """Return the signal of a recording from its frame table in the folder `decoded`."""
    return picture_signal(read_frame_table(decoded / recording.recording))


def picture_signal(table: FrameTable) -> Signal:
    """Return the changes of brightness and of the logarithm of movement over 0.4 s, sampled at `RATE`.

    A video that is too short for a sample, or has no second frame, has a signal without samples.
    """
    if len(table) < 2:
        return np.empty((2, 0))
    change = np.log1p(np.concatenate([table.change[1:2], table.change[1:]]))  # the first frame has no change
    return np.stack([_changes(table.time, table.brightness), _changes(table.time, change)])


def _changes(times: Float[np.ndarray, " frames"], values: Float[np.ndarray, " frames"]) -> Float[np.ndarray, " _"]:
    """Return the differences of the smoothed values, limited to `LIMIT` robust standard deviations.

    Each frame counts as long as it is shown; the last one as long as the mean frame.
    """
    end = times[-1] + times[-1] / (len(times) - 1)
    integral = np.concatenate([[0.0], np.cumsum(values * np.diff(times, append=end))])
    ticks = np.arange(int(end * RATE) + 1) / RATE
    sums = np.interp(ticks, np.append(times, end), integral)
    smoothed = (sums[SMOOTHED:] - sums[:-SMOOTHED]) * RATE / SMOOTHED
    changes = smoothed[SMOOTHED:] - smoothed[:-SMOOTHED]
    if not len(changes):
        return changes
    changes = changes - np.median(changes)
    limit = LIMIT * NORMAL * np.median(np.abs(changes))
    return np.clip(changes, -limit, limit)
