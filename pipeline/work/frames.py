"""What decode keeps of a recording: the table of its frames and a record of its quality."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

from pipeline.work.tables import read_rows, write_rows

COLUMNS = ("frame", "time", "key", "corrupt", "brightness", "sharpness", "change")
BLACK, OVEREXPOSED = 16.0, 235.0  # mean brightness of 0 to 255, below and above
FROZEN = 0.02  # mean absolute difference to the frame before, of 255, below
BLURRED = 20.0  # variance of the Laplacian of the small picture, below
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
        rows, times = ticks(self.time, fps)
        columns: dict[str, Shaped[np.ndarray, " time"]] = {name: getattr(self, name)[rows] for name in COLUMNS}
        return FrameTable(**{**columns, "time": times, "change": largest_since(self.change, rows)})


def ticks(
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


def largest_since(values: Float[np.ndarray, " time"], rows: Int[np.ndarray, " ticks"]) -> Float[np.ndarray, " ticks"]:
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


@dataclass(frozen=True)
class Quality:
    """What is known of a recording after every frame of it was read once.

    Attributes:
        status: `whole`, or `broken` with a reason; a broken recording has no frame table.
        reason: why it is broken; empty where it is whole.
        codec: the decoder's name.
        header_frames: the number of frames that the header claims; 0 where it claims none.
        decoded_frames: the number that were decoded.
        bad_packets: packets that could not be decoded.
        corrupt_frames: frames that the decoder marked.
        width: of the upright, square-pixel frame, in pixels.
        height: of the upright, square-pixel frame, in pixels.
        rotation: degrees counter-clockwise by which stored frames are turned to be upright.
        sample_aspect: width of a stored pixel over its height.
        times: `stamps` (from the file), `mended` (some were missing or fell) or `assumed` (from the rate).
        fps: rows of the frame table a second (median).
        rate: decode.fps: the constant rate that the rows were put on; None where they are the native frames.
        longest_step: seconds between rows of the native frames, at most.
        seconds: from the first frame to the last.
        black: share of rows below the brightness of 16.
        overexposed: share of rows above the brightness of 235.
        frozen: share of rows equal to the one before.
        blurred: share of rows with little detail.
    """

    status: str
    reason: str = ""
    codec: str = ""
    header_frames: int = 0
    decoded_frames: int = 0
    bad_packets: int = 0
    corrupt_frames: int = 0
    width: int = 0
    height: int = 0
    rotation: int = 0
    sample_aspect: float = 1.0
    times: str = "stamps"
    fps: float = 0.0
    rate: float | None = None
    longest_step: float = 0.0
    seconds: float = 0.0
    black: float = 0.0
    overexposed: float = 0.0
    frozen: float = 0.0
    blurred: float = 0.0

    def __post_init__(self) -> None:
        if self.status not in ("whole", "broken"):
            raise ValueError(f"status {self.status!r}; allowed: whole, broken")


def shares(table: FrameTable) -> dict[str, float]:
    """The shares of black, over-exposed, frozen and blurred rows, as fields of `Quality`."""
    found = {
        "black": table.brightness < BLACK,
        "overexposed": table.brightness > OVEREXPOSED,
        "frozen": table.change[1:] < FROZEN,
        "blurred": table.sharpness < BLURRED,
    }
    return {name: round(float(np.mean(flags)), 4) if len(flags) else 0.0 for name, flags in found.items()}


def write_frames(folder: Path, table: FrameTable | None, quality: Quality) -> None:
    """Write `quality.json` and, where there is a table, `frames.csv` into `folder`."""
    (folder / "quality.json").write_text(json.dumps(asdict(quality), indent=2) + "\n", encoding="utf-8")
    if table is not None:
        columns = zip(*(getattr(table, name).tolist() for name in COLUMNS), strict=True)
        rows = (
            (int(f), f"{t:.6f}", int(k), int(c), f"{b:.2f}", f"{s:.2f}", f"{d:.3f}") for f, t, k, c, b, s, d in columns
        )
        write_rows(folder / "frames.csv", COLUMNS, rows)


def read_quality(folder: Path) -> Quality:
    """Read the quality record that decode wrote into `folder`."""
    return Quality(**json.loads((folder / "quality.json").read_text(encoding="utf-8")))


def read_table(folder: Path) -> FrameTable:
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
