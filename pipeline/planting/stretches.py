"""Stretches of a recording that can be planted: without cuts, gaps and repeated pictures, and long enough."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float, Int

from pipeline.planting.pace import Pace
from pipeline.records.frame_table import CUT, FrameTable

# Two sessions of a subject share at most this part of their stretches. All sessions of a subject are in one partition,
# so what they share cannot leak; and sessions of different scores that share footage show that it tells no score.
OVERLAP = 0.5


@dataclass(frozen=True)
class Run:
    """A part of a recording from which frames can be picked without a gap.

    Attributes:
        recording: the id of the recording.
        frames: numbers of its frames, in the order of decoding.
        times: of these frames, in seconds.
    """

    recording: str
    frames: Int[np.ndarray, " frames"]
    times: Float[np.ndarray, " frames"]

    @property
    def seconds(self) -> float:
        """From the first frame to the last."""
        return float(self.times[-1] - self.times[0])

    def capacity(self, stretch: float) -> int:
        """Return how many stretches of so many seconds it holds, with the overlap that is allowed."""
        return int((self.seconds - stretch) / ((1 - OVERLAP) * stretch)) + 1 if self.seconds >= stretch else 0

    def starts(self, count: int, stretch: float, random: np.random.Generator) -> list[float]:
        """Return the starts of `count` stretches, in seconds: as far apart as possible; a single one anywhere."""
        free = self.seconds - stretch
        shares = np.linspace(0, 1, count) if count > 1 else random.random(1)
        return [float(self.times[0] + share * free) for share in shares[:count]]


def usable_runs(recording: str, table: FrameTable, pace: Pace) -> list[Run]:
    """Return the parts of a recording that hold at least one stretch.

    A corrupt frame, and one with the picture of the frame before, is none to pick. A run ends before a cut, and where
    the next frame is further away than `Pace.longest_interval`.
    """
    rows = np.flatnonzero(~table.corrupt & is_own(table))
    if not len(rows):
        return []
    shots = np.searchsorted(table.cuts, rows, side="right")
    ends = (np.diff(table.time[rows]) > pace.longest_interval) | (np.diff(shots) > 0)
    borders = [0, *(np.flatnonzero(ends) + 1).tolist(), len(rows)]
    runs = [
        Run(recording, table.frame[rows[first:stop]], table.time[rows[first:stop]]) for first, stop in pairwise(borders)
    ]
    return [run for run in runs if run.capacity(pace.stretch)]


def is_own(table: FrameTable) -> Bool[np.ndarray, " frames"]:
    """Return which frames have a picture of their own: not that of the frame before."""
    own = table.change > 0
    own[:1] = True
    return own


def reason_for_none(table: FrameTable, pace: Pace) -> str:
    """Return the reason why a recording has no usable run."""
    times = table.time[~table.corrupt & is_own(table)]
    seconds = float(times[-1] - times[0]) if len(times) else 0.0
    if seconds < pace.stretch:
        return f"lasts {seconds:.2f} s; a session needs {pace.stretch:.2f} s"
    interval = float(np.median(np.diff(times)))
    if interval > pace.longest_interval:
        return f"its frames are {interval:.4f} s apart; at most {pace.longest_interval:.4f} s are allowed"
    return (
        f"no {pace.stretch:.2f} s of it are free of cuts and of times over {pace.longest_interval:.4f} s from one "
        f"frame to the next (cuts, at {CUT:g} grey levels: {len(table.cuts)})"
    )
