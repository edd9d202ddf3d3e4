"""The quality record of a recording: codec, geometry, times and picture statistics, from decoding every frame once."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from pipeline.records.frame_table import COLUMNS, FrameTable
from pipeline.records.json_file import read_json
from pipeline.records.tables import write_rows

BLACK, OVEREXPOSED = 16.0, 235.0  # mean brightness, of 255: a row below is black, a row above over-exposed

FROZEN = 0.02  # mean absolute difference to the previous picture, of 255: a row below is frozen

IRREGULAR = 0.1  # share of the time with an unusual frame rate: a recording above it has a variable frame rate

BLURRED = 20.0  # variance of the Laplacian of the small picture: a row below is blurred


@dataclass(frozen=True)
class Quality:
    """The quality record of a recording.

    Attributes:
        status: `whole`, or `broken` with a reason; a broken recording has no frame table.
        reason: why it is broken; empty if it is whole.
        codec: the decoder's name.
        header_frames: the number of frames according to the header; 0 if the header has none.
        decoded_frames: the number of frames that were decoded.
        bad_packets: packets that could not be decoded.
        corrupt_frames: frames that the decoder marked as corrupt.
        width: of the canvas, in pixels: the size that most upright, square-pixel frames have.
        height: of the canvas, in pixels.
        rotation: degrees counter-clockwise by which most stored frames are turned to be upright.
        mirrored: whether most frames are mirrored after they were turned.
        sample_aspect: width of a stored pixel over its height.
        scale: factor by which pictures with too many pixels are scaled down; 1 if none is.
        resized_frames: frames of another size, which are fitted into the canvas.
        turned_frames: frames of another orientation than most, which are turned by their own.
        oblique_frames: frames whose display matrix is no right-angle turn; the nearest is taken.
        interlaced_frames: frames that are flagged as interlaced, and are deinterlaced.
        passed_over: the other video streams of the file, described; empty if there is no other.
        missing: share of what the header announces that is missing at the end of the file; 0 for a whole file.
        times: `stamps` (from the file), `sorted`, `mended` or `assumed`; see
            `pipeline.inspection.frame_times.FrameTimes`.
        fps: rows of the frame table per second (median).
        rate: decode.fps: the constant rate of the rows; None if they are the native frames.
        longest_step: the longest time between two native frames, in seconds.
        seconds: from the first frame to the last.
        replaced_times: number of native frames whose time stamp is missing or wrong.
        restarts: numbers of the native frames at which the clock of the file was set back.
        pauses: number of pauses between native frames.
        irregular: share of the time in which the rate of the native frames differs from the usual one by more than a
            tenth.
        black: share of rows with a brightness below 16.
        overexposed: share of rows with a brightness above 235.
        frozen: share of rows equal to the previous one.
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
    mirrored: bool = False
    sample_aspect: float = 1.0
    scale: float = 1.0
    resized_frames: int = 0
    turned_frames: int = 0
    oblique_frames: int = 0
    interlaced_frames: int = 0
    passed_over: str = ""
    missing: float = 0.0
    times: str = "stamps"
    fps: float = 0.0
    rate: float | None = None
    longest_step: float = 0.0
    seconds: float = 0.0
    replaced_times: int = 0
    restarts: tuple[int, ...] = ()
    pauses: int = 0
    irregular: float = 0.0
    black: float = 0.0
    overexposed: float = 0.0
    frozen: float = 0.0
    blurred: float = 0.0

    @property
    def canvas(self) -> tuple[int, int]:
        """Width and height of all pictures of the recording."""
        return self.width, self.height

    def __post_init__(self) -> None:
        if self.status not in ("whole", "broken"):
            raise ValueError(f"status {self.status!r}; allowed: whole, broken")

    @property
    def is_irregular(self) -> bool:
        """Whether the frame rate of the native frames varies."""
        return self.irregular > IRREGULAR


def quality_shares(table: FrameTable) -> dict[str, float]:
    """Return the shares of black, over-exposed, frozen and blurred rows, as fields of `Quality`."""
    flags = {
        "black": table.brightness < BLACK,
        "overexposed": table.brightness > OVEREXPOSED,
        "frozen": table.change[1:] < FROZEN,
        "blurred": table.sharpness < BLURRED,
    }
    return {name: round(float(np.mean(rows)), 4) if len(rows) else 0.0 for name, rows in flags.items()}


def write_decoded(folder: Path, table: FrameTable | None, quality: Quality) -> None:
    """Write `quality.json` and, if there is a table, `frames.csv` into `folder`."""
    (folder / "quality.json").write_text(json.dumps(asdict(quality), indent=2) + "\n", encoding="utf-8")
    if table is not None:
        columns = zip(*(getattr(table, name).tolist() for name in COLUMNS), strict=True)
        rows = (
            (int(f), f"{t:.6f}", int(k), int(c), f"{b:.2f}", f"{s:.2f}", f"{d:.3f}") for f, t, k, c, b, s, d in columns
        )
        write_rows(folder / "frames.csv", COLUMNS, rows)


def read_quality(folder: Path) -> Quality:
    """Read the quality record that decode wrote into `folder`."""
    record = read_json(folder / "quality.json")
    return Quality(**{**record, "restarts": tuple(record.get("restarts", ()))})
