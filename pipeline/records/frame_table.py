"""The frame table of a recording: a CSV file with the time, the picture statistics and the flags of every frame."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

from pipeline.records.frame_steps import PAUSE_STEPS, pause_rows
from pipeline.records.tables import read_rows

COLUMNS = ("frame", "time", "key", "corrupt", "brightness", "sharpness", "change")

CUT = 30.0  # a shot begins where the mean absolute difference to the previous picture, of 255, is larger

SLACK = 1e-3  # seconds by which a row may be late at a constant rate: Matroska rounds time stamps to milliseconds


@dataclass(frozen=True)
class FrameTable:
    """The frames of a recording that later stages stream, one row per frame.

    Attributes:
        frame: number of the frame in decoding order, never decreasing; at a constant rate a number may be repeated
            or left out.
        time: presentation time in seconds from the first frame. Time goes on in pauses, which have no rows.
        key: whether it is a key frame.
        corrupt: whether the decoder marked it as corrupt.
        brightness: mean of a small grey picture of the frame, 0 to 255.
        sharpness: variance of the Laplacian of that picture.
        change: mean absolute difference of that picture to the previous one; 0 for the first. Where frames are left
            out, the largest value since the previous row, so that no cut is lost.
    """

    frame: Int[np.ndarray, " time"]
    time: Float[np.ndarray, " time"]
    key: Bool[np.ndarray, " time"]
    corrupt: Bool[np.ndarray, " time"]
    brightness: Float[np.ndarray, " time"]
    sharpness: Float[np.ndarray, " time"]
    change: Float[np.ndarray, " time"]

    def __post_init__(self) -> None:
        lengths = {name: len(getattr(self, name)) for name in COLUMNS}
        if len(set(lengths.values())) != 1:
            raise ValueError(f"columns of different lengths: {lengths}")
        if np.any(np.diff(self.frame) < 0) or np.any(np.diff(self.time) < 0):
            raise ValueError("frame numbers and times must not decrease from row to row")

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.frame)

    @property
    def fps(self) -> float:
        """Rows per second: the inverse of the median time between rows; 0 for fewer than two rows."""
        return float(np.round(1 / np.median(np.diff(self.time)), 4)) if len(self) > 1 else 0.0

    @property
    def cuts(self) -> Int[np.ndarray, " cuts"]:
        """Indices of the rows at which a new shot begins; of a frame that the table repeats, its first row."""
        first_rows = np.unique(self.frame, return_index=True)[1]
        return first_rows[self.change[first_rows] > CUT]

    @property
    def pauses(self) -> Int[np.ndarray, " pauses"]:
        """Indices of the rows at which recording goes on after a pause."""
        return pause_rows(self.time)

    def rows_of(self, frames: Sequence[int]) -> Int[np.ndarray, " rows"]:
        """Return the first row of each frame; of a frame that the table leaves out, the first row after it, if any."""
        rows = np.searchsorted(self.frame, np.array(frames, np.int64))
        return rows[rows < len(self)]

    def at_rate(self, fps: float) -> "FrameTable":
        """Return the table at a constant rate: each row is the frame shown at a tick, k / fps; pauses have no ticks."""
        rows, times = constant_rate_rows(self.time, fps)
        columns: dict[str, Shaped[np.ndarray, " time"]] = {name: getattr(self, name)[rows] for name in COLUMNS}
        return FrameTable(**{**columns, "time": times, "change": max_since(self.change, rows)})


def tick_spans(times: Float[np.ndarray, " time"], fps: float) -> list[tuple[int, int]]:
    """Return the ticks (first, past the last) of each stretch between pauses; tick k is at the time k / fps.

    A pause, of the native frames and of the ticks, has no ticks: no picture is shown in it.

    Examples:
        >>> tick_spans(np.array([0.0, 0.1, 0.2, 60.2, 60.3, 60.4]), fps=10)
        [(0, 3), (602, 605)]
    """
    borders = [0, *pause_rows(times, shortest=PAUSE_STEPS / fps + 2 * SLACK).tolist(), len(times)]
    return [
        (math.ceil((times[first] - SLACK) * fps), math.floor((times[stop - 1] + SLACK) * fps) + 1)
        for first, stop in pairwise(borders)
        if stop > first
    ]


def constant_rate_rows(
    times: Float[np.ndarray, " time"], fps: float
) -> tuple[Int[np.ndarray, " ticks"], Float[np.ndarray, " ticks"]]:
    """Return (rows, times) at a constant rate: at each tick k / fps, the last row that is not later than the tick.

    A row up to a millisecond later still counts, because containers such as Matroska round their time stamps to
    milliseconds. A pause has no ticks.

    Examples:
        >>> rows, _ = constant_rate_rows(np.array([0.0, 0.04, 0.16, 0.20]), fps=25)
        >>> rows.tolist()  # ticks at 0.00 0.04 0.08 0.12 0.16 0.20
        [0, 1, 1, 1, 2, 3]
    """
    ticks = np.concatenate([np.zeros(0, int), *(np.arange(*span) for span in tick_spans(times, fps))]) / fps
    return np.searchsorted(times, ticks + SLACK, side="right") - 1, ticks


def max_since(values: Float[np.ndarray, " time"], rows: Int[np.ndarray, " ticks"]) -> Float[np.ndarray, " ticks"]:
    """Return, for each of `rows`, the largest value after the previous row up to this one; repeats get the same value.

    Examples:
        >>> max_since(np.array([0.0, 7.0, 1.0, 2.0, 9.0]), np.array([0, 2, 2, 3])).tolist()
        [0.0, 7.0, 7.0, 2.0]
    """
    unique_rows, inverse = np.unique(rows, return_inverse=True)
    if not len(unique_rows):
        return values[:0]
    starts = np.concatenate([[0], unique_rows[:-1] + 1])
    return np.maximum.reduceat(values[: unique_rows[-1] + 1], starts)[inverse]


def read_frame_table(folder: Path) -> FrameTable:
    """Read the frame table that decode wrote into `folder`.

    Raises:
        ValueError: naming the file and the row or column that is wrong.
    """
    path = folder / "frames.csv"
    rows = [row for _, row in read_rows(path, COLUMNS)]
    types = {"frame": np.int64, "key": bool, "corrupt": bool}
    try:
        columns = {name: np.array([float(row[name]) for row in rows]) for name in COLUMNS}
        return FrameTable(**{name: values.astype(types.get(name, np.float64)) for name, values in columns.items()})
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
