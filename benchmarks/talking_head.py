"""A drawn talking head of 640 x 480, for benchmarks where no real video is given."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pipeline.corpora.simulated.draw import Placement, draw_frame
from pipeline.corpora.simulated.look import draw_look
from pipeline.corpora.simulated.motion import expressions, processes
from pipeline.corpora.simulated.streams import stream
from pipeline.video import write_video

WIDTH, HEIGHT, FPS = 640, 480, 30.0


def talking_head(frames: int, seed: int = 0) -> Iterator[np.ndarray]:
    """RGB frames of one drawn person, whose face is about 230 pixels high."""
    random = stream(seed, "benchmark")
    look = draw_look(random)
    for expression in expressions(processes(random, frames, FPS, 1.0)):
        yield draw_frame(look, expression, Placement(320, 235, 130), WIDTH, HEIGHT, random)[0]


def write_talking_head(path: Path, frames: int, seed: int = 0) -> None:
    """Write the frames as H.264."""
    write_video(path, talking_head(frames, seed), FPS)
