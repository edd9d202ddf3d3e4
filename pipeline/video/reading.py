"""Reading of video files: frames as upright RGB pictures or as grey levels.

Frame numbers count all frames that the decoder outputs, in its order. A file is always read packet by packet, so that a
corrupt packet costs its own frames and not the rest of the file, and with one thread, because every worker decodes a
recording of its own.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.reformatter import ColorRange, VideoReformatter
from jaxtyping import UInt8

from pipeline.video.deinterlacing import deinterlaced
from pipeline.video.display_matrix import OrientationReader
from pipeline.video.errors import BrokenVideoError
from pipeline.video.file_end import packet_end
from pipeline.video.file_formats import open_container
from pipeline.video.frame import Frame, Grey
from pipeline.video.picture_size import (
    MAX_PIXELS,
    Size,
    centred,
    check_aspect,
    check_stored_bytes,
    check_stored_size,
    fitted_size,
    square_pixel_size,
)
from pipeline.video.streams import choose_stream

STATES_DURATION = {"flv", "matroska", "mov"}  # formats whose header has the duration; for others FFmpeg estimates it


def read_frames(
    path: Path, frames: Sequence[int], canvas: Size | None = None
) -> Iterator[UInt8[np.ndarray, "height width 3"]]:
    """Yield the frames with the given numbers as upright RGB pictures with square pixels, deinterlaced.

    Args:
        path: the file.
        frames: frame numbers in the decoder's order, not decreasing; a number may repeat.
        canvas: width and height of all pictures, see `Video.upright`; None keeps the size of each.

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
        for index, frame in enumerate(deinterlaced(video.frames())):
            if index < number:
                continue
            picture = video.upright(frame, canvas)
            while index == number:
                yield picture
                number = next(numbers, None)
            if number is None:
                return
    raise BrokenVideoError(f"{path}: there is no frame {number}; the file has fewer: it has changed since it was read")


@contextmanager
def open_video(path: Path, key_frames_only: bool = False) -> "Iterator[Video]":
    """Open a video for reading, as a context manager.

    Args:
        path: the file.
        key_frames_only: whether the decoder skips all other frames.

    Raises:
        BrokenVideoError: if the file is not a usable video, on opening or when its frames are read.
        OSError: if the file cannot be read; the video itself may be whole.
    """
    try:
        with open_container(path) as container:
            yield Video(path, container, key_frames_only)
    except av.error.FFmpegError as error:
        if isinstance(error, OSError):
            _read_through(path)  # FFmpeg reports damaged files as OSError, too; if the disk is at fault, this raises
        hint = "not readable as a video, or cut short: " if error.filename == os.path.abspath(path) else ""
        raise BrokenVideoError(f"{hint}{error.strerror}") from error


def _read_through(path: Path) -> None:
    """Read a whole file and discard its content.

    Raises:
        OSError: if it cannot be read.
    """
    with path.open("rb") as stream:
        while stream.read(2**20):
            pass


class Video:
    """A video file that is open for one pass of reading.

    Attributes:
        codec: the decoder's name.
        header_frames: the number of frames according to the header; 0 if it has none.
        rate: the frame rate according to the header; 0 if it has none.
        aspect: width of a stored pixel divided by its height.
        passed_over: the video streams of the file that are not read, described; empty if it has no other.
        header_seconds: the duration according to the header; 0 if it has none.
        packets: the number of packets of the stream that were read so far.
        end: the time in seconds at which the last of these packets ends.
    """

    def __init__(self, path: Path, container: Any, key_frames_only: bool) -> None:
        """Open the video stream of a container; of several, the one that `choose_stream` chooses.

        Raises:
            BrokenVideoError: if there is none, its codec is unknown, or its pictures or pixels have a size that is not
                allowed.
        """
        stream, self.passed_over = choose_stream(path, container)
        decoder = stream.codec_context
        if decoder.width:  # else the size is unknown before the first frame
            check_stored_size(decoder.width, decoder.height)
        stream.thread_type = "NONE"
        decoder.options = {"max_pixels": str(MAX_PIXELS)}
        if key_frames_only:
            decoder.skip_frame = "NONKEY"
        self.codec, self.header_frames, self.packets = str(decoder.name), int(stream.frames), 0
        self.header_seconds, self.end = _header_seconds(container, stream), 0.0
        self.rate, self.aspect = float(stream.average_rate or 0), float(stream.sample_aspect_ratio or 1)
        check_aspect(self.aspect)
        self._container, self._stream = container, stream
        self._orientation = OrientationReader()
        # Reused, because VideoFrame.reformat creates a reformatter for every frame.
        self._to_size, self._to_rgb, self._to_grey = VideoReformatter(), VideoReformatter(), VideoReformatter()

    def frames(self, on_bad_packet: Callable[[], None] = lambda: None) -> Iterator[Frame]:
        """Yield frames in presentation order; `on_bad_packet` is called for each packet that cannot be decoded.

        Raises:
            BrokenVideoError: if the size of a picture is not allowed.
        """
        for packet in self._packets():
            if packet.size:
                self.packets += 1
                self.end = packet_end(packet) or self.end
            try:
                for raw in packet.decode():
                    time = None if raw.pts is None else float(raw.pts * raw.time_base)
                    key, corrupt, interlaced = raw.key_frame, raw.is_corrupt, raw.interlaced_frame
                    yield Frame(time, bool(key), bool(corrupt), bool(interlaced), self._orientation(raw), raw)
            except (av.error.InvalidDataError, av.error.ArgumentError):
                on_bad_packet()

    def _packets(self) -> Iterator[Any]:
        """Yield the packets of the stream, and last the empty packet that flushes the decoder."""
        try:
            yield from self._container.demux(self._stream)
        except IndexError:
            return  # PyAV raises it after the last packet if a stream appeared after the header was read

    def upright(self, frame: Frame, canvas: Size | None = None) -> UInt8[np.ndarray, "height width 3"]:
        """Convert a frame to an upright RGB picture with square pixels.

        Args:
            frame: the frame.
            canvas: width and height of the result. A picture of another size is scaled with its proportions kept, and
                centred on black. None keeps the size of the picture.
        """
        orientation = frame.orientation
        size = orientation.size(*self.stored_size(frame)[0])
        width, height = orientation.size(*(size if canvas is None else fitted_size(size, canvas)))
        raw, name = frame.raw, frame.raw.format.name
        if (raw.width, raw.height) != (width, height) and _starts_with_luma(name):
            # FFmpeg scales planes and then converts them four times as fast as it does both in one step.
            raw = self._to_size.reformat(raw, width=width, height=height, format=name, threads=1)
        picture = self._to_rgb.reformat(raw, width=width, height=height, format="rgb24", threads=1).to_ndarray()
        upright = np.ascontiguousarray(orientation.apply(picture))
        return upright if canvas is None else centred(upright, canvas)

    def stored_size(self, frame: Frame) -> tuple[Size, float]:
        """Return width and height of a picture before it is turned, and its factor: see `square_pixel_size`."""
        check_stored_bytes(frame.raw.width, frame.raw.height, frame.raw.format.name)
        return square_pixel_size(frame.raw.width, frame.raw.height, self.aspect)

    def grey(self, frame: Frame) -> Grey:
        """Return the grey levels of a frame, not rotated and not stretched to square pixels.

        The decoder's luma plane is used as it is, interlaced or not: converting a frame costs as much as decoding it.
        """
        raw, name = frame.raw, frame.raw.format.name
        plane = raw.planes[0]
        if not _starts_with_luma(name) or plane.line_size < plane.width:  # negative if lines are stored bottom-up
            raw, name = self._to_grey.reformat(raw, format="gray", threads=1), "gray"
            plane = raw.planes[0]
        lines = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
        full_range = name.startswith(("gray", "yuvj")) or raw.color_range == ColorRange.JPEG
        return Grey(lines[:, : plane.width], *((0, 1.0) if full_range else (16, 255 / 219)))


def _header_seconds(container: Any, stream: Any) -> float:
    """Return the duration that the header of a file states; 0 if it has none, or FFmpeg would estimate it.

    The header of AVI states frames and their rate; FFmpeg shortens the duration of a file that is too short for them.
    """
    if container.format.name == "avi":
        return float(stream.frames / stream.average_rate) if stream.average_rate else 0.0
    if not set(container.format.name.split(",")) & STATES_DURATION:
        return 0.0
    if stream.duration is not None:
        return float(stream.duration * stream.time_base)
    return (container.duration or 0) / av.time_base


@cache
def _starts_with_luma(name: str) -> bool:
    """Whether the first plane of a pixel format holds luma alone, one byte per pixel."""
    pixel_format = av.VideoFormat(name)
    first = pixel_format.components[0]
    return bool(pixel_format.is_planar and first.is_luma and first.bits == 8)
