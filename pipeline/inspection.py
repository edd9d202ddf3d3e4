"""Inspection of a video by decode: the time of every frame, damage, and cheap quality measures of each picture."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from pipeline.records.frame_table import FrameTable
from pipeline.records.quality import Quality, quality_shares, write_decoded
from pipeline.video import BrokenVideoError, Grey, Video, open_video

ASSUMED_RATE = 25  # frames per second, for a file without times and frame rate
SMALL = 64  # pixels, the width of the grey picture for the quality measures
MAX_REPEATS = 100  # rows of the constant rate per frame; with more, the times of the file are damaged


def write_inspection(folder: Path, path: Path, fps: float | None, max_lost: float) -> None:
    """Inspect a video and write its frame table and quality record to `folder`; see `inspect`."""
    cv2.setNumThreads(1)  # the pictures are small, and other workers use the other cores
    write_decoded(folder, *inspect(path, fps, max_lost))


def inspect(path: Path, fps: float | None, max_lost: float) -> tuple[FrameTable | None, Quality]:
    """Read every frame of a video once.

    Args:
        path: the file.
        fps: the constant frame rate of the table, or None for the native frames.
        max_lost: the largest share of packets that may fail to decode; above it the video is broken.

    Returns:
        The frame table (None for a broken video) and the quality record.

    Raises:
        OSError: if the file cannot be read; the video itself may be whole.
    """
    with path.open("rb") as stream:
        if not stream.read(1):
            return None, Quality("broken", reason="the file is empty")
    try:
        with open_video(path) as video:
            table, quality = _inspect(video, max_lost)
        remedy = "decode.fps: null keeps the native frames"
        return (table, quality) if fps is None else at_constant_rate(table, quality, fps, remedy)
    except BrokenVideoError as error:
        return None, Quality("broken", reason=str(error))


def at_constant_rate(table: FrameTable, quality: Quality, fps: float, remedy: str) -> tuple[FrameTable, Quality]:
    """Convert the frame table and quality record of native frames to a constant frame rate.

    Args:
        table: of the native frames.
        quality: of the recording.
        fps: the constant rate.
        remedy: the end of the error message; it says how the caller's user keeps the native frames.

    Raises:
        BrokenVideoError: if the times would give far more rows than there are frames.
    """
    if quality.seconds * fps > MAX_REPEATS * len(table):
        raise BrokenVideoError(
            f"its times span {quality.seconds:.0f} s with {len(table)} frames, too few for {fps:g} per second; {remedy}"
        )
    table = table.at_rate(fps)
    return table, replace(quality, fps=table.fps, rate=fps, **quality_shares(table))  # type: ignore[arg-type]


def _inspect(video: Video, max_lost: float) -> tuple[FrameTable, Quality]:
    """Read all frames of an open video; see `inspect`."""
    measure = _QualityMeasures()
    bad: list[int] = []  # the number of frames before each packet that cannot be decoded
    stamps: list[float | None] = []
    rows: list[tuple[bool | float, ...]] = []
    quality = Quality(
        "whole", codec=video.codec, header_frames=video.header_frames, sample_aspect=round(video.aspect, 4)
    )
    for frame in video.frames(on_bad_packet=lambda: bad.append(len(rows))):
        if not rows:
            width, height = video.size(frame)
            quality = replace(quality, width=width, height=height, rotation=frame.rotation)
        stamps.append(frame.time)
        rows.append((frame.key, frame.corrupt, *measure(video.grey(frame))))
    if not rows:
        raise BrokenVideoError("no frame can be decoded")
    if len(bad) > max_lost * (len(rows) + len(bad)):
        raise BrokenVideoError(
            f"{len(bad)} packets cannot be decoded, {len(rows)} frames can; allowed: a share of {max_lost:g} lost"
        )
    times, source = _times(stamps, video.rate or ASSUMED_RATE)
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    table = FrameTable(np.arange(len(rows)), times, *columns)
    quality = replace(
        quality,
        decoded_frames=len(rows),
        bad_packets=len(bad),
        corrupt_frames=int(table.corrupt.sum()),
        times=source,
        longest_step=round(float(np.diff(times).max(initial=0)), 6),
        seconds=round(float(times[-1]), 6),
    )
    return table, replace(quality, fps=table.fps, **quality_shares(table))  # type: ignore[arg-type]


def _times(stamps: Sequence[float | None], rate: float) -> tuple[np.ndarray, str]:
    """Return the seconds of each frame from the first frame, and their source: stamps, mended or assumed.

    A frame without a timestamp, or with one that does not increase, follows the previous frame by one step of the
    average rate.
    """
    times: list[float] = []
    mended = 0
    first = next((stamp for stamp in stamps if stamp is not None), None)
    for stamp in stamps:
        time = None if stamp is None or first is None else stamp - first
        if time is None or (times and time <= times[-1]):
            mended += 1
            time = times[-1] + 1 / rate if times else 0.0
        times.append(time)
    source = "stamps" if not mended else "assumed" if first is None else "mended"
    return np.array(times) - times[0], source


class _QualityMeasures:
    """Brightness, sharpness and change of consecutive frames, measured on small grey pictures, all of one size.

    Limited range (16 to 235) is corrected in the measures, not in the pixels.
    """

    def __init__(self) -> None:
        self._size: tuple[int, int] | None = None
        self._previous: np.ndarray | None = None

    def __call__(self, grey: Grey) -> tuple[float, float, float]:
        if self._size is None:
            height, width = grey.levels.shape
            self._size = SMALL, max(round(SMALL * height / width), 3)
        small = _downscale(grey.levels, *self._size)
        change = 0.0 if self._previous is None else cv2.norm(small, self._previous, cv2.NORM_L1) / small.size
        self._previous = small
        brightness = (cv2.mean(small)[0] - grey.black) * grey.gain
        _, spread = cv2.meanStdDev(cv2.Laplacian(small, cv2.CV_16S))
        return min(max(brightness, 0.0), 255.0), float(spread[0, 0] * grey.gain) ** 2, change * grey.gain


def _downscale(
    grey: UInt8[np.ndarray, "height width"], width: int, height: int
) -> UInt8[np.ndarray, "small_height small_width"]:
    """Downscale a picture: halve it as often as possible, which is fast and uses every pixel, then resize it."""
    while grey.shape[0] >= 2 * height and grey.shape[1] >= 2 * width:
        half_height, half_width = grey.shape[0] // 2, grey.shape[1] // 2
        grey = cv2.resize(
            grey[: 2 * half_height, : 2 * half_width], (half_width, half_height), interpolation=cv2.INTER_AREA
        )
    return cv2.resize(grey, (width, height), interpolation=cv2.INTER_LINEAR)
