"""Video files: their frames as upright pictures or as grey levels, and writing one. The only place that imports av.

Frames are numbered as the decoder gives them, counting every one. A file is always read packet by packet, so that a
bad packet costs its frames and not the rest of the file, and with one thread: workers take a recording each.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.reformatter import ColorRange, VideoReformatter
from jaxtyping import UInt8

SMALLEST_SIDE, MOST_PIXELS = 8, 36_000_000  # of a picture; 8192 x 4320 is 35 million. Damage makes up any size


class BrokenVideoError(ValueError):
    """A video cannot be used; the message says why."""


def read_frames(path: Path, frames: Sequence[int]) -> Iterator[UInt8[np.ndarray, "height width 3"]]:
    """Yield the numbered frames of a video, upright, with square pixels, as RGB.

    Args:
        path: the file.
        frames: numbers in the decoder's order, not falling; a number may repeat.

    Raises:
        BrokenVideoError: where the file is none, or has fewer frames.
        ValueError: where the numbers fall.
    """
    if np.any(np.diff(frames) < 0):
        raise ValueError(f"{path}: frame numbers must not fall")
    wanted = iter(frames)
    number = next(wanted, None)
    if number is None:
        return
    with opened(path) as video:
        for index, frame in enumerate(video.frames()):
            if index < number:
                continue
            picture = video.upright(frame)
            while index == number:
                yield picture
                number = next(wanted, None)
            if number is None:
                return
    raise BrokenVideoError(f"{path}: frame {number} was asked for, but the file has fewer; it changed since decode ran")


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


@contextmanager
def opened(path: Path, keys_only: bool = False) -> "Iterator[Video]":
    """Open a video for the block; what its tags say is never read, and need not be UTF-8.

    Args:
        path: the file.
        keys_only: have the decoder pass over all but key frames.

    Raises:
        BrokenVideoError: where it is no video that can be used, now or when its frames are read.
        OSError: where the file cannot be read, which says nothing of what is in it.
    """
    try:
        with av.open(path, metadata_errors="replace") as container:
            yield Video(container, keys_only)
    except av.error.FFmpegError as error:
        if isinstance(error, OSError):
            _read_through(path)  # FFmpeg says so of damaged files, too; if it is the disk, this raises its error
        hint = "not readable as a video, or cut short: " if error.filename == str(path) else ""
        raise BrokenVideoError(f"{hint}{error.strerror}") from error


def _read_through(path: Path) -> None:
    """Read a whole file.

    Raises:
        OSError: if it cannot be read.
    """
    with path.open("rb") as stream:
        while stream.read(2**20):
            pass


@dataclass(frozen=True, slots=True)
class Frame:
    """A decoded frame that nothing has been converted of.

    Attributes:
        time: seconds by the clock of the file, or None where it has no stamp.
        key: whether it is a key frame.
        corrupt: whether the decoder marked it.
        raw: as the decoder gave it.
    """

    time: float | None
    key: bool
    corrupt: bool
    raw: Any

    @property
    def rotation(self) -> int:
        """Degrees counter-clockwise by which it is turned to be upright."""
        return int(self.raw.rotation)


@dataclass(frozen=True)
class Grey:
    """The grey levels of a frame.

    Attributes:
        levels: as stored.
        black: the level that is black.
        gain: by which a level's distance from black is multiplied for a scale of 0 to 255.
    """

    levels: UInt8[np.ndarray, "height width"]
    black: int
    gain: float


class Video:
    """A video file that is open for reading, once. All its pictures have one size, that of the first frame.

    Attributes:
        codec: the decoder's name.
        claimed: the number of frames by the header; 0 where it says nothing.
        rate: frames a second by the header; 0 where it says nothing.
        aspect: width of a stored pixel over its height.
    """

    def __init__(self, container: Any, keys_only: bool) -> None:
        """Take the first video stream of a container.

        Raises:
            BrokenVideoError: where there is none, in no known codec, or with pictures of a size that is not allowed.
        """
        if not container.streams.video:
            kinds = sorted({stream.type for stream in container.streams})
            raise BrokenVideoError(f"no video stream; found: {', '.join(kinds) or 'nothing'}")
        stream = container.streams.video[0]
        decoder = stream.codec_context
        if decoder is None:
            raise BrokenVideoError("its video stream is in a codec that is not known here")
        if decoder.width:  # else not known before the first picture
            _check_size(decoder.width, decoder.height)
        stream.thread_type = "NONE"
        decoder.options = {"max_pixels": str(MOST_PIXELS)}
        if keys_only:
            decoder.skip_frame = "NONKEY"
        self.codec, self.claimed = str(decoder.name), int(stream.frames)
        self.rate, self.aspect = float(stream.average_rate or 0), float(stream.sample_aspect_ratio or 1)
        self._container, self._stream = container, stream
        self._stretched: tuple[int, int] | None = None
        self._to_rgb, self._to_grey = VideoReformatter(), VideoReformatter()  # a frame's own makes one a frame

    def frames(self, on_bad: Callable[[], None] = lambda: None) -> Iterator[Frame]:
        """Frames in presentation order; `on_bad` is called for each packet that cannot be decoded.

        Raises:
            BrokenVideoError: where upright pictures would be of a size that is not allowed.
        """
        for packet in self._packets():
            try:
                for raw in packet.decode():
                    if self._stretched is None:  # the longer side of a pixel stays: nothing is lost
                        wide, high = max(self.aspect, 1.0), max(1 / self.aspect, 1.0)
                        self._stretched = round(raw.width * wide), round(raw.height * high)
                        _check_size(*self._stretched)
                    time = None if raw.pts is None else float(raw.pts * raw.time_base)
                    yield Frame(time, bool(raw.key_frame), bool(raw.is_corrupt), raw)
            except (av.error.InvalidDataError, av.error.ArgumentError):
                on_bad()

    def _packets(self) -> Iterator[Any]:
        """Packets of the stream, and the one that has the decoder give what it holds back."""
        try:
            yield from self._container.demux(self._stream)
        except IndexError:
            return  # PyAV's, after the last packet of all streams it knows, where the file brought another one midway

    def upright(self, frame: Frame) -> UInt8[np.ndarray, "height width 3"]:
        """A frame as an upright RGB picture with square pixels."""
        assert self._stretched is not None  # it was set when the first frame was read
        width, height = self._stretched
        picture = self._to_rgb.reformat(frame.raw, width=width, height=height, format="rgb24", threads=1).to_ndarray()
        # The display matrix says by how much to turn counter-clockwise, which is what rot90 counts.
        return np.ascontiguousarray(np.rot90(picture, round(frame.rotation / 90)))

    def size(self, frame: Frame) -> tuple[int, int]:
        """Width and height of the upright picture of a frame, without making it."""
        assert self._stretched is not None
        width, height = self._stretched
        return (height, width) if round(frame.rotation / 90) % 2 else (width, height)

    def grey(self, frame: Frame) -> Grey:
        """The grey levels of a frame, not turned and not stretched.

        The luma plane of the decoder is taken as it is, for converting a frame costs as much as decoding it.
        """
        raw, name = frame.raw, frame.raw.format.name
        plane = raw.planes[0]
        if not _starts_with_luma(name) or plane.line_size < plane.width:  # negative where lines go from below
            raw, name = self._to_grey.reformat(raw, format="gray", threads=1), "gray"
            plane = raw.planes[0]
        lines = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
        full = name.startswith(("gray", "yuvj")) or raw.color_range == ColorRange.JPEG
        return Grey(lines[:, : plane.width], *((0, 1.0) if full else (16, 255 / 219)))


def _check_size(width: int, height: int) -> None:
    if min(width, height) < SMALLEST_SIDE or width * height > MOST_PIXELS:
        raise BrokenVideoError(
            f"pictures of {width} x {height} pixels; allowed: sides from {SMALLEST_SIDE}, "
            f"and up to {MOST_PIXELS // 10**6} million pixels"
        )


@cache
def _starts_with_luma(name: str) -> bool:
    """Whether the first plane of a pixel format holds luma alone, one byte a pixel."""
    pixels = av.VideoFormat(name)
    first = pixels.components[0]
    return bool(pixels.is_planar and first.is_luma and first.bits == 8)
