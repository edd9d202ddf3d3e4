"""Drawn films with more than one face in them, for tests of following."""

from pathlib import Path

import numpy as np

from pipeline.simulation.appearance import draw_appearance
from pipeline.simulation.drawing import Placement, draw_frame
from pipeline.simulation.motion import Expression
from pipeline.simulation.random_streams import random_stream
from pipeline.video import write_video

WIDTH, HEIGHT = 240, 180


class Scene:
    """A film in the making: faces are put into its frames, later ones in front of earlier ones."""

    def __init__(self, frames: int) -> None:
        wall = np.random.default_rng(0).normal(150, 2, (frames, HEIGHT, WIDTH, 3))
        self.frames = np.clip(wall, 0, 255).astype(np.uint8)

    def put(self, frame: int, who: int, x: float, y: float, unit: float, sway: float = 0.0) -> np.ndarray:
        """Put person `who` into a frame, with their head at (x, y); returns the true landmarks in pixels."""
        look = draw_appearance(random_stream(who, "look"))
        grain = random_stream(who, "grain", str(frame))
        place = Placement(x, y, unit)
        picture, points = draw_frame(look, Expression(sway=sway, smile=sway), place, WIDTH, HEIGHT, grain)
        x0, x1 = (int(np.clip(x + side * unit, 0, WIDTH)) for side in (-1, 1))
        y0, y1 = (int(np.clip(y + side * 1.2 * unit, 0, HEIGHT)) for side in (-1, 1))
        self.frames[frame, y0:y1, x0:x1] = picture[y0:y1, x0:x1]
        return points

    def write(self, path: Path, fps: float = 15.0) -> Path:
        """Write the film."""
        write_video(path, list(self.frames), fps)
        return path
