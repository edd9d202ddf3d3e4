"""The different pictures of one recording, and the faces that the full cascade finds in some or all of them."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from jaxtyping import Bool, Float, Int

from pipeline.faces.face_crop import CropSettings
from pipeline.faces.mtcnn import Faces, Mtcnn, load_mtcnn
from pipeline.faces.similarity import Picture
from pipeline.records.frame_table import FrameTable
from pipeline.video import opened, read_frames

T = TypeVar("T")
BATCH = 4  # frames that P-Net sees at once
SAME_TIME = 1e-3  # seconds


@dataclass(frozen=True)
class FrameReader:
    """The pictures of a recording in order, each once; a row is one picture.

    Attributes:
        video: the file.
        frames: the decoder's number of each picture, rising.
        time: of each, in seconds from the first frame.
        key: whether each is a key frame of the codec; only where every frame of the file has its row, else False.
        change: mean absolute difference of a small grey picture of each to the one before, of 255.
    """

    video: Path
    frames: Int[np.ndarray, " rows"]
    time: Float[np.ndarray, " rows"]
    key: Bool[np.ndarray, " rows"]
    change: Float[np.ndarray, " rows"]

    @classmethod
    def of(cls, video: Path, table: FrameTable) -> "FrameReader":
        """The film of a frame table, which may name a frame more than once."""
        frames, first = np.unique(table.frame, return_index=True)
        whole = np.array_equal(frames, np.arange(len(frames)))
        return cls(video, frames, table.time[first], table.key[first] & whole, table.change[first])

    def __len__(self) -> int:
        """Number of pictures."""
        return len(self.frames)

    def read(self, rows: Sequence[int]) -> Iterator[Picture]:
        """The pictures of rising rows; between key frames nothing is decoded where no more is asked for."""
        chosen = np.asarray(rows, int)
        frames = self.frames[chosen].tolist()
        if not self.key[chosen].all():
            return read_frames(self.video, frames)
        return read_key_frames(self.video, frames, self.frames[self.key].tolist(), self.time[self.key].tolist())

    def pictures(self) -> Iterator[Picture]:
        """Every picture."""
        return self.read(range(len(self)))

    def detected(self, rows: Sequence[int], settings: CropSettings) -> Iterator[tuple[Picture, Faces]]:
        """The pictures of rising rows, each with the faces that the full cascade finds in it."""
        cascade = mtcnn_of(settings)
        for block in batched(self.read(rows), BATCH):
            yield from zip(block, cascade.detect(np.stack(block)), strict=True)


def read_key_frames(
    path: Path, frames: Sequence[int], keys: Sequence[int], times: Sequence[float]
) -> Iterator[Picture]:
    """Yield numbered key frames as `read_frames` does, without decoding what lies between them.

    Each key frame is known again by its time. From the first that is not where it should be (a decoder may take other
    frames for key frames when it skips the rest), everything is decoded.

    Args:
        path: the file.
        frames: numbers of key frames in the decoder's order, rising.
        keys: the numbers of all key frames.
        times: of these in seconds from the first frame of the video.
    """
    given = 0
    with opened(path, keys_only=True) as video:
        first = None
        for frame, key, time in zip(video.frames(), keys, times, strict=False):
            seconds = math.nan if frame.time is None else frame.time
            first = seconds if first is None else first
            if given == len(frames) or not abs(seconds - first - (time - times[0])) < SAME_TIME:
                break
            if key == frames[given]:
                yield video.upright(frame)
                given += 1
    yield from read_frames(path, frames[given:])


def mtcnn_of(settings: CropSettings) -> Mtcnn:
    """The cascade for recordings."""
    return load_mtcnn(settings.min_face, settings.thresholds, BATCH, torch.device(settings.device))


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of `size` items, the last perhaps shorter."""
    block: list[T] = []
    for item in items:
        block.append(item)
        if len(block) == size:
            yield block
            block = []
    if block:
        yield block
