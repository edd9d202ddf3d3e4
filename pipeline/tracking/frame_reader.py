"""Reads the distinct pictures of one recording, and detects faces in them with the full MTCNN cascade."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from jaxtyping import Bool, Float, Int

from pipeline.faces.face_crop import CropSettings
from pipeline.faces.mtcnn import Faces, Mtcnn, load_mtcnn
from pipeline.faces.similarity import Picture
from pipeline.records.frame_table import FrameTable
from pipeline.video.picture_size import Size
from pipeline.video.reading import open_video, read_frames

T = TypeVar("T")
BATCH = 4  # frames in a batch of P-Net
TIME_TOLERANCE = 1e-3  # seconds


@dataclass(frozen=True)
class FrameReader:
    """Reads the pictures of a recording in order; a row of the reader is one picture, repeats of it are left out.

    Attributes:
        video: the file.
        frames: the decoder's number of each picture, rising.
        time: of each picture, in seconds from the first frame.
        key: whether each picture is a key frame of the codec; False for all if a frame of the file has no row.
        change: mean absolute difference between a small grey version of each picture and of the one before, of 255.
        canvas: width and height of all pictures.
    """

    video: Path
    frames: Int[np.ndarray, " rows"]
    time: Float[np.ndarray, " rows"]
    key: Bool[np.ndarray, " rows"]
    change: Float[np.ndarray, " rows"]
    canvas: Size

    @classmethod
    def from_table(cls, video: Path, table: FrameTable, canvas: Size) -> "FrameReader":
        """Create the reader of a frame table, which may contain a frame more than once."""
        frames, first = np.unique(table.frame, return_index=True)
        is_complete = np.array_equal(frames, np.arange(len(frames)))
        return cls(video, frames, table.time[first], table.key[first] & is_complete, table.change[first], canvas)

    def __len__(self) -> int:
        """Number of pictures."""
        return len(self.frames)

    def steps(self, seconds: float) -> list[range]:
        """Return the rows of each step of time: from 0, from `seconds`, from 2 x `seconds`, ...; no step is empty.

        A row up to a millisecond early still counts, because some containers round times to milliseconds.

        Examples:
            >>> time = np.array([0.0, 0.4, 0.8, 0.999, 5.0])
            >>> none = np.zeros(5)
            >>> FrameReader(Path("pause.mp4"), np.arange(5), time, none > 0, none, (64, 48)).steps(1.0)
            [range(0, 3), range(3, 4), range(4, 5)]
        """
        numbers = np.floor((self.time + TIME_TOLERANCE) / seconds)
        starts = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(self)]
        return [range(start, stop) for start, stop in pairwise(starts) if start < stop]

    def read(self, rows: Sequence[int]) -> Iterator[Picture]:
        """Yield the pictures of rising rows; if all are key frames, only key frames are decoded."""
        indices = np.asarray(rows, int)
        frames = self.frames[indices].tolist()
        if not self.key[indices].all():
            return read_frames(self.video, frames, self.canvas)
        keys, times = self.frames[self.key].tolist(), self.time[self.key].tolist()
        return read_key_frames(self.video, frames, keys, times, self.canvas)

    def read_all(self) -> Iterator[Picture]:
        """Yield every picture."""
        return self.read(range(len(self)))

    def detect(self, rows: Sequence[int], settings: CropSettings) -> Iterator[tuple[Picture, Faces]]:
        """Yield the pictures of rising rows, each with the faces that the full cascade detects in it."""
        cascade = load_recording_mtcnn(settings)
        for block in batched(self.read(rows), BATCH):
            yield from zip(block, cascade.detect(np.stack(block)), strict=True)


def read_key_frames(
    path: Path, frames: Sequence[int], keys: Sequence[int], times: Sequence[float], canvas: Size | None = None
) -> Iterator[Picture]:
    """Yield key frames as `read_frames` does, without decoding the frames between them.

    Each key frame is checked by its time. From the first with an unexpected time on (a decoder may take other frames
    for key frames when it skips the rest), all frames are decoded; so they are from the first interlaced one on, which
    is deinterlaced with the help of its neighbours.

    Args:
        path: the file.
        frames: numbers of the key frames to read, in the decoder's order, rising.
        keys: numbers of all key frames.
        times: of all key frames, in seconds from the first frame of the video.
        canvas: width and height of all pictures; None keeps the size of each.
    """
    position = 0  # in `frames`
    with open_video(path, key_frames_only=True) as video:
        first = None
        for frame, key, time in zip(video.frames(), keys, times, strict=False):
            seconds = math.nan if frame.time is None else frame.time
            first = seconds if first is None else first
            if (
                position == len(frames)
                or frame.interlaced
                or not abs(seconds - first - (time - times[0])) < TIME_TOLERANCE
            ):
                break
            if key == frames[position]:
                yield video.upright(frame, canvas)
                position += 1
    yield from read_frames(path, frames[position:], canvas)


def load_recording_mtcnn(settings: CropSettings) -> Mtcnn:
    """Return the cascade for the frames of recordings."""
    return load_mtcnn(settings.min_face, settings.thresholds, BATCH, torch.device(settings.device))


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
