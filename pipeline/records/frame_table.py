"""What decode keeps of a recording: the table of its frames and a record of its quality."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

from pipeline.records.tables import read_rows

COLUMNS = ("frame", "time", "key", "corrupt", "brightness", "sharpness", "change")

CUT = 30.0  # mean absolute difference to the picture before, of 255, above which a new shot begins


@dataclass(frozen=True)
class FrameTable:
    """The frames of a recording that later stages stream, one row a frame.

    Attributes:
        frame: running number among the frames that the decoder gives, not falling; at a constant rate a number may
            repeat or be passed over.
        time: presentation time in seconds from the first frame.
        key: whether it is a key frame.
        corrupt: whether the decoder marked it.
        brightness: mean of a small grey picture of it, 0 to 255.
        sharpness: variance of the Laplacian of that picture.
        change: mean absolute difference of that picture to the one before; 0 for the first. Where frames are passed
            over, the largest since the row before, so that no cut is lost.
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
            raise ValueError("frame numbers and times must not fall from row to row")

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.frame)

    @property
    def fps(self) -> float:
        """Rows a second: the inverse of the median step; 0 for fewer than two rows."""
        return float(np.round(1 / np.median(np.diff(self.time)), 4)) if len(self) > 1 else 0.0

    @property
    def cuts(self) -> Int[np.ndarray, " cuts"]:
        """The rows with which a shot begins after the first; of a picture that the table repeats, its first."""
        pictures = np.unique(self.frame, return_index=True)[1]
        return pictures[self.change[pictures] > CUT]

    def at_rate(self, fps: float) -> "FrameTable":
        """The table at a constant rate: row k is the frame shown at the time k / fps."""
        rows, times = constant_rate_rows(self.time, fps)
        columns: dict[str, Shaped[np.ndarray, " time"]] = {name: getattr(self, name)[rows] for name in COLUMNS}
        return FrameTable(**{**columns, "time": times, "change": max_since(self.change, rows)})


def constant_rate_rows(
    times: Float[np.ndarray, " time"], fps: float
) -> tuple[Int[np.ndarray, " ticks"], Float[np.ndarray, " ticks"]]:
    """(rows, times) of a constant rate: at each tick the last row that is not later.

    A millisecond later still counts, for containers such as Matroska round their stamps to milliseconds.

    Example:
        >>> rows, _ = ticks(np.array([0.0, 0.04, 0.16, 0.20]), fps=25)
        >>> rows.tolist()  # ticks at 0.00 0.04 0.08 0.12 0.16 0.20
        [0, 1, 1, 1, 2, 3]
    """
    slack = 1e-3
    count = int(np.floor((times[-1] + slack) * fps)) + 1 if len(times) else 0
    at = np.arange(count) / fps
    return np.searchsorted(times, at + slack, side="right") - 1, at


def max_since(values: Float[np.ndarray, " time"], rows: Int[np.ndarray, " ticks"]) -> Float[np.ndarray, " ticks"]:
    """At each row, the largest value since the row named before it; the same again where a row is named again.

    Example:
        >>> largest_since(np.array([0.0, 7.0, 1.0, 2.0, 9.0]), np.array([0, 2, 2, 3])).tolist()
        [0.0, 7.0, 7.0, 2.0]
    """
    different, again = np.unique(rows, return_inverse=True)
    if not len(different):
        return values[:0]
    starts = np.concatenate([[0], different[:-1] + 1])
    return np.maximum.reduceat(values[: different[-1] + 1], starts)[again]


def read_frame_table(folder: Path) -> FrameTable:
    """Read the frame table that decode wrote into `folder`.

    Raises:
        ValueError: naming the file and row or column that is wrong.
    """
    path = folder / "frames.csv"
    rows = read_rows(path, COLUMNS)
    kinds = {"frame": np.int64, "key": bool, "corrupt": bool}
    try:
        cells = {name: np.array([float(row[name]) for row in rows]) for name in COLUMNS}
        return FrameTable(**{name: values.astype(kinds.get(name, np.float64)) for name, values in cells.items()})
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
