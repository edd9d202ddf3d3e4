"""Drawn videos with more than one face, for tests of tracking."""

from pathlib import Path

import numpy as np

from pipeline.simulation.appearance import draw_appearance
from pipeline.simulation.drawing import FacePose, draw_frame
from pipeline.simulation.motion import Expression
from pipeline.simulation.random_streams import random_stream
from pipeline.video.writing import write_video

WIDTH, HEIGHT = 240, 180


class Scene:
    """A video under construction: faces are drawn into its frames, later faces in front of earlier ones."""

    def __init__(self, frames: int) -> None:
        wall = np.random.default_rng(0).normal(150, 2, (frames, HEIGHT, WIDTH, 3))
        self.frames = np.clip(wall, 0, 255).astype(np.uint8)

    def put(self, frame: int, person: int, x: float, y: float, unit: float, sway: float = 0.0) -> np.ndarray:
        """Draw a person into a frame with the head at (x, y).

        Returns:
            The true landmarks in pixels.
        """
        appearance = draw_appearance(random_stream(person, "look"))
        grain = random_stream(person, "grain", str(frame))
        placement = FacePose(x, y, unit)
        picture, points = draw_frame(appearance, Expression(sway=sway, smile=sway), placement, WIDTH, HEIGHT, grain)
        x0, x1 = (int(np.clip(x + side * unit, 0, WIDTH)) for side in (-1, 1))
        y0, y1 = (int(np.clip(y + side * 1.2 * unit, 0, HEIGHT)) for side in (-1, 1))
        self.frames[frame, y0:y1, x0:x1] = picture[y0:y1, x0:x1]
        return points

    def print_of(self, frame: int, x: int, y: int, unit: int) -> np.ndarray:
        """Return a copy of the part of a frame with a head at (x, y): a photograph of it."""
        return self.frames[frame, y - int(1.2 * unit) : y + int(1.2 * unit), x - unit : x + unit].copy()

    def hang(self, frame: int, photograph: np.ndarray, x: int, y: int) -> None:
        """Put a photograph into a frame with its upper left corner at (x, y), under the camera's noise."""
        height, width = photograph.shape[:2]
        noise = np.random.default_rng(frame).normal(0, 2, photograph.shape)
        self.frames[frame, y : y + height, x : x + width] = np.clip(photograph + noise, 0, 255).astype(np.uint8)

    def write(self, path: Path, fps: float = 15.0) -> Path:
        """Write the video to `path`."""
        write_video(path, list(self.frames), fps)
        return path
