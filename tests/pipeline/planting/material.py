"""Footage that is cheap to make: a texture of its own for each person, which changes all the time."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from pipeline.params.corpus import Simulate
from pipeline.records.tables import write_rows
from pipeline.video.writing import write_video

RATE = 25.0
SIDE = 64
SETTINGS: dict[str, Any] = {
    **{"enabled": True, "source": "footage", "footage": "footage", "seed": 7, "cue": 2.0, "cue_in": "dynamics"},
    **{"subject_share": 0.0, "subjects": 60, "sessions": 20, "frames": 8, "frame_rate": 7.5, "width": 96, "height": 96},
    **{"largest_cue": 2.0, "identities": 2, "images": 2, "external": False},
}


def simulate(**changes: Any) -> Simulate:
    """Return a section `simulate` for footage."""
    return Simulate.model_validate({**SETTINGS, **changes})


def write_footage(folder: Path, seconds: Mapping[str, float], rate: float = RATE) -> None:
    """Write a video of so many seconds of each person, called as the person, and videos.csv."""
    folder.mkdir(parents=True)
    for number, (person, duration) in enumerate(seconds.items()):
        write_video(folder / f"{person}.mp4", changing_texture(number, round(duration * rate)), rate, quality=0)
    write_rows(
        folder / "videos.csv", ("video_id", "path", "subject"), [[name, f"{name}.mp4", name] for name in seconds]
    )


def changing_texture(seed: int, frames: int) -> list[np.ndarray]:
    """Return frames of a texture with its own detail that turns into another one, as fast at any time.

    A cosine of the one and a sine of the other: every frame has the same statistics, and within eight seconds no two
    frames are alike.
    """
    random = np.random.default_rng(seed)
    blur = float(random.uniform(1, 2))
    textures = [cv2.GaussianBlur(random.normal(0, 1, (SIDE, SIDE)), (0, 0), blur) for _ in range(2)]
    one, other = (40 * texture / texture.std() for texture in textures)
    angles = np.arange(frames) / RATE * 2 * np.pi / 8
    greys = [128 + np.cos(angle) * one + np.sin(angle) * other for angle in angles]
    return [np.repeat(grey.clip(0, 255).astype(np.uint8)[..., None], 3, 2) for grey in greys]
