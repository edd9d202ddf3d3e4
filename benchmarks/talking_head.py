"""A drawn talking head of 640 x 480, for benchmarks without a real video."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pipeline.simulation.appearance import draw_appearance
from pipeline.simulation.drawing import FacePose, draw_frame
from pipeline.simulation.motion import expressions, processes
from pipeline.simulation.random_streams import random_stream
from pipeline.video.writing import write_video

WIDTH, HEIGHT, FPS = 640, 480, 30.0


def talking_head(frames: int, seed: int = 0) -> Iterator[np.ndarray]:
    """Yield RGB frames of one drawn person with a face about 230 pixels high."""
    random = random_stream(seed, "benchmark")
    appearance = draw_appearance(random)
    for expression in expressions(processes(random, frames, FPS, 1.0)):
        yield draw_frame(appearance, expression, FacePose(320, 235, 130), WIDTH, HEIGHT, random)[0]


def write_talking_head(path: Path, frames: int, seed: int = 0) -> None:
    """Write the frames of a talking head as H.264."""
    write_video(path, talking_head(frames, seed), FPS)
