"""The frame table of a recording: a CSV file with the time, the picture statistics and the flags of every frame."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

from pipeline.records.tables import read_rows

COLUMNS = ("frame", "time", "key", "corrupt", "brightness", "sharpness", "change")

CUT = 30.0  # a shot begins where the mean absolute difference to the previous picture, of 255, is larger


@dataclass(frozen=True)
class FrameTable:
    """The frames of a recording that later stages stream, one row per frame.

    Attributes:
        frame: number of the frame in decoding order, never decreasing; at a constant rate a number may be repeated
            or left out.
        time: presentation time in seconds from the first frame.
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

    def at_rate(self, fps: float) -> "FrameTable":
        """Return the table at a constant rate: row k is the frame shown at the time k / fps."""
        rows, times = constant_rate_rows(self.time, fps)
        columns: dict[str, Shaped[np.ndarray, " time"]] = {name: getattr(self, name)[rows] for name in COLUMNS}
        return FrameTable(**{**columns, "time": times, "change": max_since(self.change, rows)})


def constant_rate_rows(
    times: Float[np.ndarray, " time"], fps: float
) -> tuple[Int[np.ndarray, " ticks"], Float[np.ndarray, " ticks"]]:
    """Return (rows, times) at a constant rate: at each tick k / fps, the last row that is not later than the tick.

    A row up to a millisecond later still counts, because containers such as Matroska round their time stamps to
    milliseconds.

    Examples:
        >>> rows, _ = constant_rate_rows(np.array([0.0, 0.04, 0.16, 0.20]), fps=25)
        >>> rows.tolist()  # ticks at 0.00 0.04 0.08 0.12 0.16 0.20
        [0, 1, 1, 1, 2, 3]
    """
    slack = 1e-3
    count = int(np.floor((times[-1] + slack) * fps)) + 1 if len(times) else 0
    ticks = np.arange(count) / fps
    return np.searchsorted(times, ticks + slack, side="right") - 1, ticks


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
