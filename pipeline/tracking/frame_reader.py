"""Reads the distinct pictures of one recording in order of time, and says which rows the survey searches."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from jaxtyping import Float, Int

from pipeline.faces.halving import Picture
from pipeline.records.frame_steps import pause_rows
from pipeline.records.frame_table import CUT, FrameTable
from pipeline.video.picture_size import Size
from pipeline.video.reading import read_frames

T = TypeVar("T")
TIME_TOLERANCE = 1e-3  # seconds
BLOCK_BYTES = 128 * 2**20  # of pictures in memory at once; more if the rows between two key rows need it


@dataclass(frozen=True)
class FrameReader:
    """Reads the pictures of a recording in order; a row of the reader is one picture, repeats of it are left out.

    Attributes:
        video: the file.
        frames: the decoder's number of each picture, rising.
        time: of each picture, in seconds from the first frame.
        change: mean absolute difference between a small grey version of each picture and of the one before, of 255.
        canvas: width and height of all pictures.
    """

    video: Path
    frames: Int[np.ndarray, " rows"]
    time: Float[np.ndarray, " rows"]
    change: Float[np.ndarray, " rows"]
    canvas: Size

    @classmethod
    def from_table(cls, video: Path, table: FrameTable, canvas: Size) -> "FrameReader":
        """Create the reader of a frame table, which may contain a frame more than once."""
        frames, first = np.unique(table.frame, return_index=True)
        return cls(video, frames, table.time[first], table.change[first], canvas)

    def __len__(self) -> int:
        """Number of pictures."""
        return len(self.frames)

    def read(self, rows: Sequence[int]) -> Iterator[Picture]:
        """Yield the pictures of rising rows."""
        return read_frames(self.video, self.frames[np.asarray(rows, int)].tolist(), self.canvas)

    def shots(self) -> list[int]:
        """Return the rows at which a shot begins, after a cut or a pause, without the first row."""
        return sorted({*np.flatnonzero(self.change > CUT).tolist(), *pause_rows(self.time).tolist()} - {0})

    def key_rows(self, seconds: float) -> list[int]:
        """Return the rows that the survey searches: the first of every step of time, and the first of every shot.

        A step begins at 0, at `seconds`, at 2 x `seconds`, ... A row up to a millisecond early still counts, because
        some containers round times to milliseconds.

        Examples:
            >>> time = np.array([0.0, 0.4, 0.8, 0.999, 5.0])
            >>> FrameReader(Path("pause.mp4"), np.arange(5), time, np.array([0, 0, 90.0, 0, 0]), (64, 48)).key_rows(1.0)
            [0, 2, 3, 4]
        """
        steps = np.floor((self.time + TIME_TOLERANCE) / seconds)
        return sorted({*range(len(self))[:1], *(np.flatnonzero(np.diff(steps)) + 1).tolist(), *self.shots()})

    def blocks(self, keys: Sequence[int]) -> Iterator[tuple[list[int], dict[int, Picture]]]:
        """Yield all pictures in blocks from one key row to a later one, whose picture is in both blocks.

        Args:
            keys: the key rows, rising; the first is row 0.

        Yields:
            The key rows of a block, of which the last may be the end of the recording; and the pictures by row. The
            next block overwrites them: pictures that are allocated and freed one by one cost a tenth of the time, and
            leave the heap in fragments that fit no other picture.
        """
        width, height = self.canvas
        blocks = list(runs([*keys, len(self)], BLOCK_BYTES // (3 * width * height)))
        places = np.empty((max(run[-1] - run[0] for run in blocks) + 1, height, width, 3), np.uint8)
        pictures = self.read(range(len(self)))
        block: dict[int, Picture] = {}
        for run in blocks:
            rows = range(run[0], min(run[-1] + 1, len(self)))
            places[0] = block[run[0]] if block else next(pictures)
            for place in range(1, len(rows)):
                places[place] = next(pictures)
            block = dict(zip(rows, places, strict=False))
            yield run, block


def runs(rows: Sequence[int], longest: int) -> Iterator[list[int]]:
    """Yield runs of rising row numbers that span up to `longest` rows, or of two; each begins where the last one ends.

    Examples:
        >>> list(runs([0, 4, 8, 9], 8))
        [[0, 4, 8], [8, 9]]
        >>> list(runs([0, 40, 80], 8))
        [[0, 40], [40, 80]]
    """
    run = list(rows[:2])
    for row in rows[2:]:
        if row - run[0] > longest:
            yield run
            run = run[-1:]
        run.append(row)
    yield run


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield lists of `size` items; the last list may be shorter."""
    block: list[T] = []
    for item in items:
        block.append(item)
        if len(block) == size:
            yield block
            block = []
    if block:
        yield block
