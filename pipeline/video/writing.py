"""Writing of video files: H.264 in MP4."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from jaxtyping import UInt8


def write_video(
    path: Path, frames: Iterable[UInt8[np.ndarray, "height width 3"]], fps: float, quality: int = 18
) -> None:
    """Write RGB frames as H.264 in MP4; equal frames give equal bytes on any machine.

    Args:
        path: the file.
        frames: the pictures, all of the same size, with even sides.
        fps: frames per second.
        quality: x264's constant rate factor: 0 (lossless) to 51; smaller is better.

    Raises:
        ValueError: if there are no frames.
    """
    with av.open(path, "w", format="mp4") as container:
        stream: Any = None
        for picture in frames:
            if stream is None:
                stream = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(1001))
                stream.height, stream.width = picture.shape[:2]
                stream.pix_fmt = "yuv420p"
                # Without cpu-independent, x264's rate control uses instructions with results that vary between runs.
                stream.options = {"crf": str(quality), "preset": "veryfast", "x264-params": "cpu-independent=1"}
                stream.codec_context.thread_count = 1  # x264 writes the number of threads into the stream
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        if stream is None:
            raise ValueError(f"{path}: no frames to write")
        container.mux(stream.encode())
