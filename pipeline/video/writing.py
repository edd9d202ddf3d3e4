"""Writing of video files: H.264 in MP4; equal frames give equal bytes on any machine."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from jaxtyping import UInt8

QUALITY = 18
# Without cpu-independent, x264's rate control uses instructions with results that vary between runs.
CPU_INDEPENDENT = "cpu-independent=1"


def constant_quality(quality: int = QUALITY) -> dict[str, str]:
    """Return x264's options for a quality that looks constant: its constant rate factor, with predicted frames.

    Args:
        quality: 0 (lossless) to 51; smaller is better.
    """
    return {"crf": str(quality), "preset": "veryfast", "x264-params": CPU_INDEPENDENT}


def single_frames(quantiser: int = QUALITY) -> dict[str, str]:
    """Return x264's options that compress every frame by itself: no frame is predicted, and one quantiser serves all.

    The size of a frame then depends on its own picture alone, and the size of a file not on movement.

    Args:
        quantiser: 1 to 51; smaller is better.
    """
    return {"qp": str(quantiser), "g": "1", "preset": "veryfast", "x264-params": CPU_INDEPENDENT}


class VideoWriter:
    """A video file that is written frame by frame."""

    def __init__(self, path: Path, fps: float, options: dict[str, str]) -> None:
        """Create the file; `options` are those of `constant_quality` or `single_frames`."""
        self._path, self._fps, self._options = path, fps, options
        self._container = av.open(path, "w", format="mp4")
        self._stream: Any = None

    def write(self, picture: UInt8[np.ndarray, "height width 3"]) -> None:
        """Append an RGB picture; all have the size of the first, with even sides."""
        if self._stream is None:
            self._stream = self._open_stream(*picture.shape[:2])
        self._container.mux(self._stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))

    def _open_stream(self, height: int, width: int) -> Any:
        stream: Any = self._container.add_stream("libx264", rate=Fraction(self._fps).limit_denominator(1001))
        stream.height, stream.width = height, width
        stream.pix_fmt = "yuv420p"
        stream.options = self._options
        stream.codec_context.thread_count = 1  # x264 writes the number of threads into the stream
        return stream

    def finish(self) -> None:
        """Write what the encoder still holds, and close the file.

        Raises:
            ValueError: if there are no frames.
        """
        try:
            if self._stream is None:
                raise ValueError(f"{self._path}: no frames to write")
            self._container.mux(self._stream.encode())
        finally:
            self.close()

    def close(self) -> None:
        """Close the file as it is; twice is harmless."""
        self._container.close()


def write_video(
    path: Path, frames: Iterable[UInt8[np.ndarray, "height width 3"]], fps: float, quality: int = QUALITY
) -> None:
    """Write RGB frames as a video.

    Args:
        path: the file.
        frames: the pictures, all of the same size, with even sides.
        fps: frames per second.
        quality: see `constant_quality`.

    Raises:
        ValueError: if there are no frames.
    """
    writer = VideoWriter(path, fps, constant_quality(quality))
    try:
        for picture in frames:
            writer.write(picture)
        writer.finish()
    finally:
        writer.close()
