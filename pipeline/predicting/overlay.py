"""The video with what was seen of it: the box and landmarks of the face followed, and the estimate of the moment.

It shows a person: it is as personal as the video.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from pipeline.faces.face_crop import ORIGINS
from pipeline.records.frame_table import FrameTable, constant_rate_rows
from pipeline.records.labels import HIGHEST_SCORE, LOWEST_SCORE
from pipeline.runtime.atomic import atomic_file
from pipeline.scoring.bands import BANDS, band_of
from pipeline.video import read_frames, write_video
from pipeline.zarr_store import read_array

SHORTEST, LONGEST = 640, 1280  # pixels of the longer side: smaller pictures are grown, larger ones shrunk
STRIP = 116  # pixels below the picture
LEFT = 250  # pixels of the strip that hold the words
FASTEST = 60.0  # frames a second
BLOCK = 256  # rows of boxes read at a time
QUALITY = 23
SEEN, BRIDGED = (90, 200, 250), (250, 176, 60)  # red, green, blue: found in this very picture; put between two
WHITE, GREY, DARK = (255, 255, 255), (170, 170, 170), (24, 24, 24)
STRIPES = ((44, 44, 44), (58, 58, 58))  # of neighbouring bands
FONT = cv2.FONT_HERSHEY_SIMPLEX
Moment = tuple[float, float, float]  # start and end in seconds, estimate

Frame = UInt8[np.ndarray, "height width 3"]


def write_overlay(
    path: Path, video: Path, table: FrameTable, aligned: Path, score: float | None, moments: Sequence[Moment]
) -> None:
    """Write the pictures that an estimate rests on, marked, as H.264 in MP4 without sound.

    Args:
        path: the file; it appears whole or not at all.
        video: the file that was estimated.
        table: its frames, at the rate at which it was taken.
        aligned: what align wrote of it.
        score: of the whole video.
        moments: its clips.
    """
    fps = min(table.fps or 1.0, FASTEST)
    with atomic_file(path) as partial:
        write_video(partial, _pictures(video, table, aligned, score, moments, fps), fps, QUALITY)


def _pictures(
    video: Path, table: FrameTable, aligned: Path, score: float | None, moments: Sequence[Moment], fps: float
) -> Iterator[Frame]:
    rows, times = constant_rate_rows(table.time, fps)
    faces = _faces(aligned, rows.tolist())
    strip: Frame | None = None
    for picture, (box, points, origin), time in zip(
        read_frames(video, table.frame[rows].tolist()), faces, times, strict=True
    ):
        scale, shown = _resized(picture)
        if strip is None:
            strip = _strip(shown.shape[1], float(times[-1]), moments, score)
        if origin != ORIGINS["absent"]:
            _mark(shown, box * scale, points * scale, SEEN if origin != ORIGINS["interpolated"] else BRIDGED)
        below = strip.copy()
        _tell(below, float(time), float(times[-1]), moments, bool(origin != ORIGINS["absent"]))
        yield np.concatenate([shown, below])


def _faces(aligned: Path, rows: Sequence[int]) -> Iterator[tuple[np.ndarray, np.ndarray, int]]:
    """Box, landmarks and origin of each of rising rows."""
    for start in range(0, len(rows), BLOCK):
        part = np.array(rows[start : start + BLOCK])
        first, stop = int(part[0]), int(part[-1]) + 1
        found = [read_array(aligned, name, first, stop)[part - first] for name in ("boxes", "landmarks", "origin")]
        yield from zip(*found, strict=True)


def _resized(picture: Frame) -> tuple[float, UInt8[np.ndarray, "shown_height shown_width 3"]]:
    """A picture of a size to look at, with even sides, and by how much it was grown."""
    height, width = picture.shape[:2]
    scale = min(max(max(height, width), SHORTEST), LONGEST) / max(height, width)
    size = [max(2 * round(side * scale / 2), 2) for side in (width, height)]
    size[0] = max(size[0], LEFT + 150)  # of a very narrow one, so that the strip has room
    shown = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return scale, np.ascontiguousarray(shown)


def _mark(picture: Frame, box: np.ndarray, points: np.ndarray, colour: tuple[int, int, int]) -> None:
    x1, y1, x2, y2 = np.round(box).astype(int).tolist()
    cv2.rectangle(picture, (x1, y1), (x2, y2), colour, 2, cv2.LINE_AA)
    for x, y in np.round(points).astype(int).tolist():
        cv2.circle(picture, (x, y), 4, DARK, -1, cv2.LINE_AA)
        cv2.circle(picture, (x, y), 3, colour, -1, cv2.LINE_AA)


def _strip(width: int, last: float, moments: Sequence[Moment], score: float | None) -> Frame:
    """What stands below every picture: the score of the video, and the estimates of its clips over time."""
    strip = np.full((STRIP, width, 3), DARK, np.uint8)
    video = "video: no estimate" if score is None else f"video {score:.1f}  {band_of(score).name}"
    _write(strip, video, 72, GREY, 0.5)
    _write(strip, "research estimate, no diagnosis", 100, GREY, 0.4)
    for number, band in enumerate(BANDS):
        low, high = (_height(edge) for edge in band.edges)
        strip[high : low + 1, LEFT : width - 12] = STRIPES[number % 2]
    for start, end, estimate in moments:
        place = _height(estimate)
        begin, stop = _across(start, last, width), _across(end, last, width)
        cv2.line(strip, (begin, place), (max(stop - 2, begin), place), SEEN, 2, cv2.LINE_AA)
    return strip


def _tell(strip: Frame, time: float, last: float, moments: Sequence[Moment], seen: bool) -> None:
    """Write the estimate of a moment into a strip, and show where in the video it is."""
    now = next((estimate for start, end, estimate in moments if start <= time < end), None)
    nothing = "no estimate here" if seen else "no face"
    told = nothing if now is None else f"clip {now:.1f}  {band_of(now).name}"
    _write(strip, told, 38, WHITE, 0.75)
    at = _across(time, last, strip.shape[1])
    cv2.line(strip, (at, 10), (at, STRIP - 10), WHITE, 1, cv2.LINE_AA)


def _write(strip: Frame, text: str, base: int, colour: tuple[int, int, int], size: float) -> None:
    cv2.putText(strip, text, (12, base), FONT, size, colour, 1, cv2.LINE_AA)


def _height(estimate: float) -> int:
    """The line of the strip for an estimate; what is outside of the scale lies on its edge."""
    share = (min(max(estimate, LOWEST_SCORE), HIGHEST_SCORE) - LOWEST_SCORE) / (HIGHEST_SCORE - LOWEST_SCORE)
    return round(STRIP - 12 - share * (STRIP - 24))


def _across(time: float, last: float, width: int) -> int:
    """The column of the strip for a time."""
    share = min(time / last, 1.0) if last > 0 else 0.0
    return round(LEFT + share * (width - 13 - LEFT))
