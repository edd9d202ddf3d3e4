"""Inspection of a video by decode: the time of every frame, damage, and cheap quality measures of each picture."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from pipeline.inspection.cut_short import missing_share
from pipeline.inspection.frame_times import frame_times
from pipeline.inspection.geometry import Geometry
from pipeline.inspection.picture_measures import PictureMeasures
from pipeline.records.frame_steps import irregular_share
from pipeline.records.frame_table import FrameTable, tick_spans
from pipeline.records.quality import Quality, quality_shares, write_decoded
from pipeline.video.errors import BrokenVideoError
from pipeline.video.reading import Video, open_video

ASSUMED_RATE = 25  # frames per second, for a file without times and frame rate
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
            quality = replace(quality, missing=missing_share(path, video, quality.seconds))
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
    if sum(stop - first for first, stop in tick_spans(table.time, fps)) > MAX_REPEATS * len(table):
        raise BrokenVideoError(
            f"its times span {quality.seconds:.0f} s with {len(table)} frames, too few for {fps:g} per second; {remedy}"
        )
    table = table.at_rate(fps)
    return table, replace(quality, fps=table.fps, rate=fps, **quality_shares(table))  # type: ignore[arg-type]


def _inspect(video: Video, max_lost: float) -> tuple[FrameTable, Quality]:
    """Read all frames of an open video; see `inspect`."""
    measure = PictureMeasures()
    bad: list[int] = []  # the number of frames before each packet that cannot be decoded
    stamps: list[float | None] = []
    rows: list[tuple[bool | float, ...]] = []
    geometry = Geometry(video)
    for frame in video.frames(on_bad_packet=lambda: bad.append(len(rows))):
        geometry.add(frame)
        stamps.append(frame.time)
        rows.append((frame.key, frame.corrupt, *measure(video.grey(frame))))
    if not rows:
        raise BrokenVideoError("no frame can be decoded")
    if len(bad) > max_lost * (len(rows) + len(bad)):
        raise BrokenVideoError(
            f"{len(bad)} packets cannot be decoded, {len(rows)} frames can; allowed: a share of {max_lost:g} lost"
        )
    times = frame_times(stamps, video.rate or ASSUMED_RATE)
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    table = FrameTable(np.arange(len(rows)), times.seconds, *columns)
    quality = Quality(
        "whole",
        codec=video.codec,
        header_frames=video.header_frames,
        sample_aspect=round(video.aspect, 4),
        passed_over=video.passed_over,
        **geometry.summary(),
        decoded_frames=len(rows),
        bad_packets=len(bad),
        corrupt_frames=int(table.corrupt.sum()),
        times=times.source,
        longest_step=round(float(np.diff(table.time).max(initial=0)), 6),
        seconds=round(float(table.time[-1]), 6),
        replaced_times=times.replaced,
        restarts=times.restarts,
        pauses=len(table.pauses),
        irregular=round(irregular_share(table.time), 4),
    )
    return table, replace(quality, fps=table.fps, **quality_shares(table))  # type: ignore[arg-type]
