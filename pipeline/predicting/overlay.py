"""The overlay: a copy of the video with the box and landmarks of the face, and below it the estimate of each span.

It shows a person, so it is personal data like the video itself.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from pipeline.faces.face_crop import ORIGINS
from pipeline.predicting.notes import mark_of
from pipeline.records.frame_table import FrameTable, constant_rate_rows
from pipeline.runtime.atomic import atomic_file
from pipeline.severity.scale import SeverityScale
from pipeline.video.picture_size import Size
from pipeline.video.reading import read_frames
from pipeline.video.writing import write_video
from pipeline.zarr_store import read_array

MIN_SIDE, MAX_SIDE = 640, 1280  # pixels of the longer side; frames outside this range are scaled into it
STRIP_HEIGHT = 116  # pixels below the frame
TEXT_WIDTH = 250  # pixels at the left of the strip, for the text
MAX_FPS = 60.0
BLOCK = 256  # rows of boxes read at a time
QUALITY = 23
DETECTED, INTERPOLATED = (90, 200, 250), (250, 176, 60)  # RGB; a face found in this frame, or between two such frames
WHITE, GREY, DARK = (255, 255, 255), (170, 170, 170), (24, 24, 24)
STRIPES = ((44, 44, 44), (58, 58, 58))  # of neighbouring bands
FONT = cv2.FONT_HERSHEY_SIMPLEX
SpanTime = tuple[float, float, float]  # start and end in seconds, estimate

Frame = UInt8[np.ndarray, "height width 3"]


def write_overlay(
    path: Path,
    video: Path,
    table: FrameTable,
    aligned: Path,
    score: float | None,
    spans: Sequence[SpanTime],
    canvas: Size,
    scale: SeverityScale,
    demonstration: bool = False,
) -> None:
    """Write the frames of a video with the face marked and the estimates below, as H.264 in MP4 without sound.

    Args:
        path: of the file, which is written atomically.
        video: the file that was estimated.
        table: its frame table, at the frame rate at which it was decoded.
        aligned: the folder that align wrote for it.
        score: the estimate for the whole video.
        spans: start, end and estimate of each span.
        canvas: width and height of the pictures of the video, in which the boxes are.
        scale: of the estimates.
        demonstration: whether the estimates have no severity band.
    """
    fps = min(table.fps or 1.0, MAX_FPS)
    rows, times = constant_rate_rows(table.time, fps)
    pictures = read_frames(video, table.frame[rows].tolist(), canvas)
    frames = _overlay_frames(pictures, _read_faces(aligned, rows.tolist()), times, score, spans, scale, demonstration)
    with atomic_file(path) as partial:
        write_video(partial, frames, fps, QUALITY)


def _overlay_frames(
    pictures: Iterator[Frame],
    faces: Iterator[tuple[np.ndarray, np.ndarray, int]],
    times: Float[np.ndarray, " frames"],
    score: float | None,
    spans: Sequence[SpanTime],
    scale: SeverityScale,
    demonstration: bool,
) -> Iterator[Frame]:
    """Yield the frames of the overlay, each from a picture, its face and its time."""
    strip: Frame | None = None
    for frame, (box, landmarks, origin), time in zip(pictures, faces, times, strict=True):
        ratio, resized = _resize(frame)
        if strip is None:
            strip = _draw_strip(resized.shape[1], float(times[-1]), spans, score, scale, demonstration)
        if origin != ORIGINS["absent"]:
            _draw_face(
                resized,
                box * ratio,
                landmarks * ratio,
                DETECTED if origin != ORIGINS["interpolated"] else INTERPOLATED,
            )
        frame_strip = strip.copy()
        has_face = bool(origin != ORIGINS["absent"])
        _draw_time(frame_strip, float(time), float(times[-1]), spans, has_face, scale, demonstration)
        yield np.concatenate([resized, frame_strip])


def _read_faces(aligned: Path, rows: Sequence[int]) -> Iterator[tuple[np.ndarray, np.ndarray, int]]:
    """Yield the box, landmarks and origin of each row; `rows` ascend."""
    for start in range(0, len(rows), BLOCK):
        part = np.array(rows[start : start + BLOCK])
        first, stop = int(part[0]), int(part[-1]) + 1
        arrays = [read_array(aligned, name, first, stop)[part - first] for name in ("boxes", "landmarks", "origin")]
        yield from zip(*arrays, strict=True)


def _resize(frame: Frame) -> tuple[float, UInt8[np.ndarray, "new_height new_width 3"]]:
    """Scale a frame to a size that is easy to watch, with even sides; return the scale and the frame."""
    height, width = frame.shape[:2]
    scale = min(max(max(height, width), MIN_SIDE), MAX_SIDE) / max(height, width)
    size = [max(2 * round(side * scale / 2), 2) for side in (width, height)]
    size[0] = max(size[0], TEXT_WIDTH + 150)  # a very narrow frame is widened, so that the strip has room
    resized = cv2.resize(frame, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return scale, np.ascontiguousarray(resized)


def _draw_face(frame: Frame, box: np.ndarray, landmarks: np.ndarray, colour: tuple[int, int, int]) -> None:
    x1, y1, x2, y2 = np.round(box).astype(int).tolist()
    cv2.rectangle(frame, (x1, y1), (x2, y2), colour, 2, cv2.LINE_AA)
    for x, y in np.round(landmarks).astype(int).tolist():
        cv2.circle(frame, (x, y), 4, DARK, -1, cv2.LINE_AA)
        cv2.circle(frame, (x, y), 3, colour, -1, cv2.LINE_AA)


def _draw_strip(
    width: int,
    duration: float,
    spans: Sequence[SpanTime],
    score: float | None,
    scale: SeverityScale,
    demonstration: bool,
) -> Frame:
    """Draw the strip below the frames: the estimate of the video, and the estimates of its spans over time."""
    strip = np.full((STRIP_HEIGHT, width, 3), DARK, np.uint8)
    text = "video: no estimate" if score is None else f"video {score:.1f}  {mark_of(score, scale, demonstration)}"
    _draw_text(strip, text, 72, GREY, 0.5)
    _draw_text(strip, "research estimate, no diagnosis", 100, GREY, 0.4)
    for number, band in enumerate(() if demonstration else scale.bands):
        low, high = (_strip_row(edge, scale) for edge in band.edges)
        strip[high : low + 1, TEXT_WIDTH : width - 12] = STRIPES[number % 2]
    for start, end, estimate in spans:
        row = _strip_row(estimate, scale)
        first, last = _strip_column(start, duration, width), _strip_column(end, duration, width)
        cv2.line(strip, (first, row), (max(last - 2, first), row), DETECTED, 2, cv2.LINE_AA)
    return strip


def _draw_time(
    strip: Frame,
    time: float,
    duration: float,
    spans: Sequence[SpanTime],
    has_face: bool,
    scale: SeverityScale,
    demonstration: bool,
) -> None:
    """Write the estimate of the span at `time` into a strip, and mark the time with a vertical line."""
    current = next((estimate for start, end, estimate in spans if start <= time < end), None)
    no_span = "no estimate here" if has_face else "no face"
    text = no_span if current is None else f"here {current:.1f}  {mark_of(current, scale, demonstration)}"
    _draw_text(strip, text, 38, WHITE, 0.75)
    column = _strip_column(time, duration, strip.shape[1])
    cv2.line(strip, (column, 10), (column, STRIP_HEIGHT - 10), WHITE, 1, cv2.LINE_AA)


def _draw_text(strip: Frame, text: str, baseline: int, colour: tuple[int, int, int], size: float) -> None:
    cv2.putText(strip, text, (12, baseline), FONT, size, colour, 1, cv2.LINE_AA)


def _strip_row(estimate: float, scale: SeverityScale) -> int:
    """Return the row of pixels for an estimate; estimates outside of the range lie on its edge."""
    share = (min(max(estimate, scale.lowest), scale.highest) - scale.lowest) / scale.width
    return round(STRIP_HEIGHT - 12 - share * (STRIP_HEIGHT - 24))


def _strip_column(time: float, duration: float, width: int) -> int:
    """Return the column of pixels for a time."""
    share = min(time / duration, 1.0) if duration > 0 else 0.0
    return round(TEXT_WIDTH + share * (width - 13 - TEXT_WIDTH))
