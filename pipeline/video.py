"""Video files: what is in them, their frames as upright pictures, and writing one. The only place that imports av.

Frames are numbered as the decoder gives them, counting every one. A file is always read packet by packet, so that a
bad packet costs its frames and not the rest of the file, and with one thread: workers take a recording each.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from av.video.reformatter import ColorRange, VideoReformatter
from jaxtyping import UInt8

from pipeline.work.content import file_digest
from pipeline.work.frames import FrameTable, Quality, shares, write_frames

SAME_TIME = 1e-3  # seconds
ASSUMED_RATE = 25  # frames a second, for a file that says nothing of time
SMALL = 64  # pixels, the width of the grey picture that quality is measured on
SMALLEST_SIDE, MOST_PIXELS = 8, 36_000_000  # of a picture; 8192 x 4320 is 35 million. Damage makes up any size
MOST_REPEATS = 100  # rows of a constant rate for each frame, above which its times are damaged


class BrokenVideoError(ValueError):
    """A video cannot be used; the message names the file and says why."""


def inspect(path: Path, fps: float | None, max_lost: float) -> tuple[FrameTable | None, Quality]:
    """Read every frame of a video once.

    Args:
        path: the file.
        fps: None for the native frames, or the constant rate of the table.
        max_lost: the largest share of packets that may fail to decode before the video counts as broken.

    Returns:
        The frame table, None for a broken video, and the quality record.

    Raises:
        OSError: where the file cannot be read, which says nothing of what is in it.
    """
    with path.open("rb") as stream:
        if not stream.read(1):
            return None, Quality("broken", reason="the file is empty")
    try:
        with _opened(path) as container:
            table, quality = _inspect(container, max_lost)
        return (table, quality) if fps is None else at_constant_rate(table, quality, fps)
    except BrokenVideoError as error:
        return None, Quality("broken", reason=str(error))
    except av.error.FFmpegError as error:
        if isinstance(error, OSError):
            file_digest(path)  # FFmpeg says so of damaged files too; where it is the disk, reading raises here
        hint = "not readable as a video, or cut short: " if error.filename == str(path) else ""
        return None, Quality("broken", reason=f"{hint}{error.strerror}")


def at_constant_rate(table: FrameTable, quality: Quality, fps: float) -> tuple[FrameTable, Quality]:
    """Put what was found of a video's native frames on a constant rate.

    Raises:
        BrokenVideoError: where its times would make far more rows than it has frames.
    """
    if quality.seconds * fps > MOST_REPEATS * len(table):
        raise BrokenVideoError(
            f"its times span {quality.seconds:.0f} s with {len(table)} frames, too few for {fps:g} a second; "
            "decode.fps: null takes the frames as they come"
        )
    table = table.at_rate(fps)
    return table, replace(quality, fps=table.fps, rate=fps, **shares(table))  # type: ignore[arg-type]


def write_inspection(folder: Path, path: Path, fps: float | None, max_lost: float) -> None:
    """Inspect a video and write what was found into `folder`; see `inspect` and `pipeline.work.frames`."""
    write_frames(folder, *inspect(path, fps, max_lost))


def read_frames(path: Path, frames: Sequence[int]) -> Iterator[UInt8[np.ndarray, "height width 3"]]:
    """Yield the numbered frames of a video, upright, with square pixels, as RGB.

    Args:
        path: the file.
        frames: numbers in the decoder's order, not falling; a number may repeat.

    Raises:
        BrokenVideoError: where the file has fewer frames.
        ValueError: where the numbers fall.
    """
    if np.any(np.diff(frames) < 0):
        raise ValueError(f"{path}: frame numbers must not fall")
    wanted = iter(frames)
    number = next(wanted, None)
    if number is None:
        return
    with _opened(path) as container:
        upright = _Upright(_video_stream(container))
        for index, frame in enumerate(_decoded(container)):
            if index < number:
                continue
            picture = upright(frame)
            while index == number:
                yield picture
                number = next(wanted, None)
            if number is None:
                return
    raise BrokenVideoError(f"{path}: frame {number} was asked for, but the file has fewer; it changed since decode ran")


def read_key_frames(
    path: Path, frames: Sequence[int], keys: Sequence[int], times: Sequence[float]
) -> Iterator[UInt8[np.ndarray, "height width 3"]]:
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
    with _opened(path) as container:
        stream = _video_stream(container)
        stream.codec_context.skip_frame = "NONKEY"
        upright = _Upright(stream)
        first = None
        for frame, key, time in zip(_decoded(container), keys, times, strict=False):
            seconds = math.nan if frame.pts is None else float(frame.pts * frame.time_base)
            first = seconds if first is None else first
            if given == len(frames) or not abs(seconds - first - (time - times[0])) < SAME_TIME:
                break
            if key == frames[given]:
                yield upright(frame)
                given += 1
    yield from read_frames(path, frames[given:])


def write_video(
    path: Path, frames: Iterable[UInt8[np.ndarray, "height width 3"]], fps: float, quality: int = 18
) -> None:
    """Write RGB frames of one even size as H.264 in MP4; the same frames give the same bytes on any machine.

    Args:
        path: the file.
        frames: the pictures.
        fps: frames a second.
        quality: x264's constant rate factor: 0 (lossless) to 51; smaller is better.
    """
    with av.open(path, "w", format="mp4") as container:
        stream: Any = None
        for picture in frames:
            if stream is None:
                stream = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(1001))
                stream.height, stream.width = picture.shape[:2]
                stream.pix_fmt = "yuv420p"
                # Without cpu-independent x264 estimates its rate with instructions whose results vary from run to run.
                stream.options = {"crf": str(quality), "preset": "veryfast", "x264-params": "cpu-independent=1"}
                stream.codec_context.thread_count = 1  # x264 writes its number of threads into the stream
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        if stream is None:
            raise ValueError(f"{path}: no frame to write")
        container.mux(stream.encode())


def _opened(path: Path) -> Any:
    """The container of a file; what its tags say is never read, and need not be UTF-8."""
    return av.open(path, metadata_errors="replace")


def _inspect(container: Any, max_lost: float) -> tuple[FrameTable, Quality]:
    stream = _video_stream(container)
    measure = _SmallPicture()
    bad: list[int] = []
    stamps: list[float | None] = []
    rows: list[tuple[bool | float, ...]] = []
    quality = Quality("whole", codec=stream.codec_context.name, header_frames=stream.frames)
    for frame in _decoded(container, on_bad=lambda: bad.append(len(rows))):
        if not rows:
            upright = _Upright(stream)
            width, height = upright.size(frame)
            aspect = round(upright.aspect, 4)
            quality = replace(quality, width=width, height=height, rotation=frame.rotation, sample_aspect=aspect)
        stamps.append(None if frame.pts is None else float(frame.pts * frame.time_base))
        rows.append((bool(frame.key_frame), bool(frame.is_corrupt), *measure(frame)))
    if not rows:
        raise BrokenVideoError("no frame can be decoded")
    if len(bad) > max_lost * (len(rows) + len(bad)):
        raise BrokenVideoError(
            f"{len(bad)} packets cannot be decoded beside {len(rows)} frames; decode.max_lost allows {max_lost:g}"
        )
    times, source = _times(stamps, float(stream.average_rate or ASSUMED_RATE))
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
    return table, replace(quality, fps=table.fps, **shares(table))  # type: ignore[arg-type]


def _video_stream(container: Any) -> Any:
    """The video stream, set to decode in this thread, and no picture that is too big.

    Raises:
        BrokenVideoError: where there is none, in no known codec, or with pictures of a size that is not allowed.
    """
    if not container.streams.video:
        kinds = sorted({stream.type for stream in container.streams})
        raise BrokenVideoError(f"no video stream; found: {', '.join(kinds) or 'nothing'}")
    stream = container.streams.video[0]
    if stream.codec_context is None:
        raise BrokenVideoError("its video stream is in a codec that is not known here")
    if stream.codec_context.width:  # else not known before the first picture
        _check_size(stream.codec_context.width, stream.codec_context.height)
    if not stream.codec_context.is_open:
        stream.thread_type = "NONE"
        stream.codec_context.options = {"max_pixels": str(MOST_PIXELS)}
    return stream


def _check_size(width: int, height: int) -> None:
    if min(width, height) < SMALLEST_SIDE or width * height > MOST_PIXELS:
        raise BrokenVideoError(
            f"pictures of {width} x {height} pixels; allowed: sides from {SMALLEST_SIDE}, "
            f"and up to {MOST_PIXELS // 10**6} million pixels"
        )


def _decoded(container: Any, on_bad: Callable[[], None] = lambda: None) -> Iterator[Any]:
    """Frames of the video stream, in presentation order; `on_bad` is called for each packet that cannot be decoded."""
    for packet in _packets(container):
        try:
            yield from packet.decode()
        except (av.error.InvalidDataError, av.error.ArgumentError):
            on_bad()


def _packets(container: Any) -> Iterator[Any]:
    """Packets of the video stream, and the one that has the decoder give what it holds back."""
    try:
        yield from container.demux(_video_stream(container))
    except IndexError:
        return  # PyAV's, after the last packet of all streams it knows, where the file brought another one midway


def _times(stamps: Sequence[float | None], rate: float) -> tuple[np.ndarray, str]:
    """Seconds from the first frame, and where they come from.

    A frame without a stamp, or with one that does not rise, comes one step of the average rate after the one before.
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


class _Upright:
    """Turns decoded frames into upright RGB pictures with square pixels, all of one size."""

    def __init__(self, stream: Any) -> None:
        self.aspect = float(stream.sample_aspect_ratio or 1)
        self._size: tuple[int, int] | None = None
        self._reformatter = VideoReformatter()  # one for the whole video: a frame's own makes one a frame

    def __call__(self, frame: Any) -> UInt8[np.ndarray, "height width 3"]:
        width, height = self._stretched(frame)
        picture = self._reformatter.reformat(frame, width=width, height=height, format="rgb24", threads=1).to_ndarray()
        # The display matrix says by how much to turn counter-clockwise, which is what rot90 counts.
        return np.ascontiguousarray(np.rot90(picture, round(frame.rotation / 90)))

    def size(self, frame: Any) -> tuple[int, int]:
        """Width and height of the upright picture of a frame, without making it."""
        width, height = self._stretched(frame)
        return (height, width) if round(frame.rotation / 90) % 2 else (width, height)

    def _stretched(self, frame: Any) -> tuple[int, int]:
        """Width and height of a frame with square pixels: of the first, for all."""
        if self._size is None:  # the longer side of a pixel stays, the shorter is stretched: nothing is lost
            wide, high = max(self.aspect, 1.0), max(1 / self.aspect, 1.0)
            self._size = round(frame.width * wide), round(frame.height * high)
            _check_size(*self._size)
        return self._size


class _SmallPicture:
    """Measures brightness, sharpness and change on a small grey picture of each frame, all of one size."""

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()
        self._size: tuple[int, int] | None = None
        self._before: np.ndarray | None = None

    def __call__(self, frame: Any) -> tuple[float, float, float]:
        if self._size is None:
            self._size = SMALL, max(round(SMALL * frame.height / frame.width), 3)
        grey, black, gain = _grey(frame, self._reformatter)
        small = _shrunk(grey, *self._size)
        change = 0.0 if self._before is None else cv2.norm(small, self._before, cv2.NORM_L1) / small.size
        self._before = small
        brightness = (cv2.mean(small)[0] - black) * gain
        _, spread = cv2.meanStdDev(cv2.Laplacian(small, cv2.CV_16S))
        return min(max(brightness, 0.0), 255.0), float(spread[0, 0] * gain) ** 2, change * gain


def _grey(frame: Any, reformatter: VideoReformatter) -> tuple[UInt8[np.ndarray, "height width"], int, float]:
    """A frame's grey levels, the one that is black, and what the others' distance from it is to be multiplied by.

    The luma plane of the decoder is taken as it is, for converting a frame costs as much as decoding it. Limited range
    (16 to 235) is stretched in what is measured, not in the pixels.
    """
    name = frame.format.name
    plane = frame.planes[0]
    if not _starts_with_luma(name) or plane.line_size < plane.width:  # negative where lines go from below
        frame = reformatter.reformat(frame, format="gray", threads=1)
        plane = frame.planes[0]
        name = "gray"
    lines = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
    full = name.startswith(("gray", "yuvj")) or frame.color_range == ColorRange.JPEG
    return lines[:, : plane.width], *((0, 1.0) if full else (16, 255 / 219))


@cache
def _starts_with_luma(name: str) -> bool:
    """Whether the first plane of a pixel format holds luma alone, one byte a pixel."""
    pixels = av.VideoFormat(name)
    first = pixels.components[0]
    return bool(pixels.is_planar and first.is_luma and first.bits == 8)


def _shrunk(
    grey: UInt8[np.ndarray, "height width"], width: int, height: int
) -> UInt8[np.ndarray, "small_height small_width"]:
    """A picture made small: halved as often as it goes, which is fast and uses every pixel, then stretched to fit."""
    while grey.shape[0] >= 2 * height and grey.shape[1] >= 2 * width:
        down, across = grey.shape[0] // 2, grey.shape[1] // 2
        grey = cv2.resize(grey[: 2 * down, : 2 * across], (across, down), interpolation=cv2.INTER_AREA)
    return cv2.resize(grey, (width, height), interpolation=cv2.INTER_LINEAR)
