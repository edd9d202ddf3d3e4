"""Small videos of kinds that simple readers get wrong: mirrored, two tracks, interlaced, a size change."""

import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np

from benchmarks.talking_head import FPS

Pictures = Sequence[np.ndarray]  # (height, width, 3) uint8 RGB, all of one size


def add_stream(container: Any, picture: np.ndarray, codec: str, **options: str) -> Any:
    """Add a video stream for pictures like this one."""
    stream = container.add_stream(codec, rate=round(FPS), options=options)
    stream.height, stream.width = picture.shape[:2]
    stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    stream.codec_context.thread_count = 1
    return stream


def write_tracks(path: Path, *tracks: tuple[Pictures, str], **options: str) -> None:
    """Write one video stream for each (pictures, codec)."""
    with av.open(path, "w") as container:
        streams = [add_stream(container, pictures[0], codec, **options) for pictures, codec in tracks]
        for stream, (pictures, _) in zip(streams, tracks, strict=True):
            for picture in pictures:
                frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
                container.mux(stream.encode(frame))
            container.mux(stream.encode())


def write_mirrored(path: Path, pictures: Pictures) -> None:
    """Write an MP4 file with a display matrix that exchanges left and right."""
    write_tracks(path, (pictures, "libx264"))
    data = bytearray(path.read_bytes())
    struct.pack_into(">i", data, data.index(b"tkhd") + 44, -1 << 16)
    path.write_bytes(data)


def write_two_tracks(path: Path, pictures: Pictures) -> None:
    """Write a cover of one picture and two films."""
    small = [picture[::2, ::2] for picture in pictures]
    write_tracks(path, (pictures[:1], "mjpeg"), (small, "libx264"), (pictures, "libx264"))


def write_interlaced(path: Path, pictures: Pictures) -> None:
    """Write MPEG-2 with half as many frames, each of the odd lines of one picture and the even lines of the next."""
    frames = []
    for first, second in zip(pictures[::2], pictures[1::2], strict=False):
        frames.append(second.copy())
        frames[-1][1::2] = first[1::2]
    write_tracks(path, (frames, "mpeg2video"), flags="+ildct+ilme")


def write_size_change(path: Path, pictures: Pictures) -> None:
    """Write raw H.264 whose second half has turned pictures."""
    half = len(pictures) // 2
    data = b""
    for part in (pictures[:half], [np.rot90(picture) for picture in pictures[half:]]):
        write_tracks(path, (part, "libx264"))
        data += path.read_bytes()
    path.write_bytes(data)


ODD_VIDEOS: dict[str, Callable[[Path, Pictures], None]] = {
    "mirrored.mp4": write_mirrored,
    "two_tracks.mkv": write_two_tracks,
    "interlaced.mpg": write_interlaced,
    "size_change.264": write_size_change,
}
