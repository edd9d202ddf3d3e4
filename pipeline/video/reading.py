"""Reading of video files: frames as upright RGB pictures or as grey levels.

Frame numbers count all frames that the decoder outputs, in its order. A file is always read packet by packet, so that a
corrupt packet costs its own frames and not the rest of the file, and with one thread, because every worker decodes a
recording of its own.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.reformatter import ColorRange, VideoReformatter
from jaxtyping import UInt8

MIN_SIDE, MAX_PIXELS = 8, 36_000_000  # of a picture; 8192 x 4320 is 35 million. Damaged headers may hold any size


class BrokenVideoError(ValueError):
    """A video cannot be used; the message says why."""


def read_frames(path: Path, frames: Sequence[int]) -> Iterator[UInt8[np.ndarray, "height width 3"]]:
    """Yield the frames with the given numbers as upright RGB pictures with square pixels.

    Args:
        path: the file.
        frames: frame numbers in the decoder's order, not decreasing; a number may repeat.

    Raises:
        BrokenVideoError: if the file is not a video, or has fewer frames.
        ValueError: if the numbers decrease.
    """
    if np.any(np.diff(frames) < 0):
        raise ValueError(f"{path}: frame numbers must not decrease")
    numbers = iter(frames)
    number = next(numbers, None)
    if number is None:
        return
    with open_video(path) as video:
        for index, frame in enumerate(video.frames()):
            if index < number:
                continue
            picture = video.upright(frame)
            while index == number:
                yield picture
                number = next(numbers, None)
            if number is None:
                return
    raise BrokenVideoError(f"{path}: there is no frame {number}; the file has fewer: it has changed since it was read")


@contextmanager
def open_video(path: Path, key_frames_only: bool = False) -> "Iterator[Video]":
    """Open a video for reading, as a context manager; metadata tags are ignored and need not be UTF-8.

    Args:
        path: the file.
        key_frames_only: whether the decoder skips all other frames.

    Raises:
        BrokenVideoError: if the file is not a usable video, on opening or when its frames are read.
        OSError: if the file cannot be read; the video itself may be whole.
    """
    try:
        with av.open(path, metadata_errors="replace") as container:
            yield Video(container, key_frames_only)
    except av.error.FFmpegError as error:
        if isinstance(error, OSError):
            _read_through(path)  # FFmpeg reports damaged files as OSError, too; if the disk is at fault, this raises
        hint = "not readable as a video, or cut short: " if error.filename == str(path) else ""
        raise BrokenVideoError(f"{hint}{error.strerror}") from error


def _read_through(path: Path) -> None:
    """Read a whole file and discard its content.

    Raises:
        OSError: if it cannot be read.
    """
    with path.open("rb") as stream:
        while stream.read(2**20):
            pass


@dataclass(frozen=True, slots=True)
class Frame:
    """A decoded frame in the decoder's pixel format.

    Attributes:
        time: presentation time in seconds, or None if the frame has no timestamp.
        key: whether it is a key frame.
        corrupt: whether the decoder marked it as corrupt.
        raw: the frame as PyAV's object.
    """

    time: float | None
    key: bool
    corrupt: bool
    raw: Any

    @property
    def rotation(self) -> int:
        """The counter-clockwise rotation, in degrees, that makes the frame upright."""
        return int(self.raw.rotation)


@dataclass(frozen=True)
class Grey:
    """The grey levels of a frame.

    Attributes:
        levels: the grey levels as stored.
        black: the level of black.
        gain: the factor that scales (level - black) to 0 to 255.
    """

    levels: UInt8[np.ndarray, "height width"]
    black: int
    gain: float


class Video:
    """A video file that is open for one pass of reading. All its pictures have the size of the first frame.

    Attributes:
        codec: the decoder's name.
        header_frames: the number of frames according to the header; 0 if it has none.
        rate: the frame rate according to the header; 0 if it has none.
        aspect: width of a stored pixel divided by its height.
    """

    def __init__(self, container: Any, key_frames_only: bool) -> None:
        """Open the first video stream of a container.

        Raises:
            BrokenVideoError: if there is none, its codec is unknown, or the size of its pictures is not allowed.
        """
        if not container.streams.video:
            kinds = sorted({stream.type for stream in container.streams})
            raise BrokenVideoError(f"no video stream; found: {', '.join(kinds) or 'nothing'}")
        stream = container.streams.video[0]
        decoder = stream.codec_context
        if decoder is None:
            raise BrokenVideoError("the codec of its video stream is unknown")
        if decoder.width:  # else the size is unknown before the first frame
            _check_size(decoder.width, decoder.height)
        stream.thread_type = "NONE"
        decoder.options = {"max_pixels": str(MAX_PIXELS)}
        if key_frames_only:
            decoder.skip_frame = "NONKEY"
        self.codec, self.header_frames = str(decoder.name), int(stream.frames)
        self.rate, self.aspect = float(stream.average_rate or 0), float(stream.sample_aspect_ratio or 1)
        self._container, self._stream = container, stream
        self._square_size: tuple[int, int] | None = None  # width and height with square pixels, before the rotation
        # Reused, because VideoFrame.reformat creates a reformatter for every frame.
        self._to_rgb, self._to_grey = VideoReformatter(), VideoReformatter()

    def frames(self, on_bad_packet: Callable[[], None] = lambda: None) -> Iterator[Frame]:
        """Yield frames in presentation order; `on_bad_packet` is called for each packet that cannot be decoded.

        Raises:
            BrokenVideoError: if the size of the upright pictures is not allowed.
        """
        for packet in self._packets():
            try:
                for raw in packet.decode():
                    if self._square_size is None:  # pixels are stretched along their shorter side: no detail is lost
                        factor_x, factor_y = max(self.aspect, 1.0), max(1 / self.aspect, 1.0)
                        self._square_size = round(raw.width * factor_x), round(raw.height * factor_y)
                        _check_size(*self._square_size)
                    time = None if raw.pts is None else float(raw.pts * raw.time_base)
                    yield Frame(time, bool(raw.key_frame), bool(raw.is_corrupt), raw)
            except (av.error.InvalidDataError, av.error.ArgumentError):
                on_bad_packet()

    def _packets(self) -> Iterator[Any]:
        """Yield the packets of the stream, and last the empty packet that flushes the decoder."""
        try:
            yield from self._container.demux(self._stream)
        except IndexError:
            return  # PyAV raises it after the last packet if a stream appeared after the header was read

    def upright(self, frame: Frame) -> UInt8[np.ndarray, "height width 3"]:
        """Convert a frame to an upright RGB picture with square pixels."""
        assert self._square_size is not None  # it was set when the first frame was read
        width, height = self._square_size
        picture = self._to_rgb.reformat(frame.raw, width=width, height=height, format="rgb24", threads=1).to_ndarray()
        # The angle of the display matrix is counter-clockwise, and so is that of rot90.
        return np.ascontiguousarray(np.rot90(picture, round(frame.rotation / 90)))

    def size(self, frame: Frame) -> tuple[int, int]:
        """Return width and height of the upright picture of a frame, without converting the frame."""
        assert self._square_size is not None
        width, height = self._square_size
        return (height, width) if round(frame.rotation / 90) % 2 else (width, height)

    def grey(self, frame: Frame) -> Grey:
        """Return the grey levels of a frame, not rotated and not stretched to square pixels.

        The decoder's luma plane is used as it is, because converting a frame costs as much as decoding it.
        """
        raw, name = frame.raw, frame.raw.format.name
        plane = raw.planes[0]
        if not _starts_with_luma(name) or plane.line_size < plane.width:  # negative if lines are stored bottom-up
            raw, name = self._to_grey.reformat(raw, format="gray", threads=1), "gray"
            plane = raw.planes[0]
        lines = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
        full_range = name.startswith(("gray", "yuvj")) or raw.color_range == ColorRange.JPEG
        return Grey(lines[:, : plane.width], *((0, 1.0) if full_range else (16, 255 / 219)))


def _check_size(width: int, height: int) -> None:
    """Raise BrokenVideoError if pictures of this size are not allowed."""
    if min(width, height) < MIN_SIDE or width * height > MAX_PIXELS:
        raise BrokenVideoError(
            f"pictures of {width} x {height} pixels; allowed: sides from {MIN_SIDE}, "
            f"and up to {MAX_PIXELS // 10**6} million pixels"
        )


@cache
def _starts_with_luma(name: str) -> bool:
    """Whether the first plane of a pixel format holds luma alone, one byte per pixel."""
    pixel_format = av.VideoFormat(name)
    first = pixel_format.components[0]
    return bool(pixel_format.is_planar and first.is_luma and first.bits == 8)
