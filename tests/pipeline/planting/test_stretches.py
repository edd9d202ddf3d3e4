"""Parts of a recording that can be planted: no gap, cut, corrupt or repeated frame, and long enough."""

from itertools import pairwise

import numpy as np
import pytest

from pipeline.planting.pace import Pace
from pipeline.planting.stretches import Run, reason_for_none, usable_runs
from pipeline.records.frame_table import FrameTable

PACE = Pace(2.0, 8, 2.0)  # a stretch of 2.61 s, intervals of up to 0.0441 s
STEP = 0.04


def _table(count: int, **columns: np.ndarray) -> FrameTable:
    """Return the table of a recording at 25 frames per second in which every picture is new."""
    flags, zeros = np.zeros(count, bool), np.zeros(count)
    values = {"frame": np.arange(count), "time": np.arange(count) * STEP, "key": flags, "corrupt": flags}
    return FrameTable(**{**values, "brightness": zeros, "sharpness": zeros, "change": np.ones(count), **columns})


def _bounds(table: FrameTable) -> list[tuple[int, int]]:
    return [(int(run.frames[0]), int(run.frames[-1])) for run in usable_runs("r", table, PACE)]


def test_a_whole_recording_is_one_run() -> None:
    assert _bounds(_table(100)) == [(0, 99)]


def test_a_gap_ends_a_run() -> None:
    times = np.arange(200) * STEP
    times[100:] += STEP
    assert _bounds(_table(200, time=times)) == [(0, 99), (100, 199)]


def test_a_cut_ends_a_run() -> None:
    change = np.ones(200)
    change[80] = 60.0
    assert _bounds(_table(200, change=change)) == [(0, 79), (80, 199)]


def test_a_corrupt_frame_leaves_a_gap() -> None:
    corrupt = np.zeros(200, bool)
    corrupt[120] = True
    assert _bounds(_table(200, corrupt=corrupt)) == [(0, 119), (121, 199)]


def test_a_repeated_picture_is_none_to_pick() -> None:
    """Every picture stands twice: the recording has 12.5 pictures per second."""
    change = np.tile([1.0, 0.0], 100)
    table = _table(200, change=change)
    assert _bounds(table) == []
    assert reason_for_none(table, PACE) == "its frames are 0.0800 s apart; at most 0.0441 s are allowed"


def test_the_reasons() -> None:
    assert reason_for_none(_table(26), PACE) == "lasts 1.00 s; a session needs 2.61 s"
    times = np.arange(100) * STEP
    times[50:] += 0.1
    assert reason_for_none(_table(100, time=times), PACE).startswith("no 2.61 s of it are free of cuts and of times")


@pytest.mark.parametrize(("seconds", "capacity"), [(1.9, 0), (2.0, 1), (2.9, 1), (3.0, 2), (3.9, 2), (6.0, 5)])
def test_stretches_overlap_by_half_at_most(seconds: float, capacity: int) -> None:
    times = np.linspace(5.0, 5.0 + seconds, 200)
    run = Run("r", np.arange(200), times)
    assert run.capacity(2.0) == capacity
    starts = run.starts(capacity, 2.0, np.random.default_rng(0))
    assert len(starts) == capacity
    assert all(5.0 <= start <= 3.0 + seconds + 1e-9 for start in starts)
    assert all(after - before >= 1.0 - 1e-9 for before, after in pairwise(starts))
