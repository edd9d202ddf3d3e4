"""The simulated corpus in AVEC2014's folder tree: two videos a session, which share one label."""

import itertools
from dataclasses import dataclass, replace
from pathlib import Path

import cv2

from pipeline.simulation.appearance import change_scene, draw_appearance
from pipeline.simulation.cohort import Session
from pipeline.simulation.drawing import FacePose, draw_frame
from pipeline.simulation.motion import expressions, processes, resting_values, time_constant
from pipeline.simulation.random_streams import random_stream
from pipeline.video.writing import write_video

TASKS = ("Freeform", "Northwind")
LABELS = {
    "Training": "AVEC2014_DepressionLabels/Training_DepressionLabels",
    "Development": "AVEC2014_DepressionLabels/Development_DepressionLabels",
    "Testing": "AVEC2014_Labels_Testset/Testing/DepressionLabels",
}
FACE = 0.275  # half the height of the face, as a share of the height of the frame


@dataclass(frozen=True)
class SimulatedVideo:
    """A video to draw: everything that determines its bytes, and its path."""

    path: Path
    session: Session
    task: str
    seed: int
    cue: float
    cue_in: str
    frames: int
    frame_rate: float
    width: int
    height: int
    light: float = 1.0  # factor on the brightness of the scene


def simulated_videos(
    root: Path,
    cohort: list[Session],
    seed: int,
    cue: float,
    frames: int,
    rate: float,
    size: tuple[int, int],
    cue_in: str = "dynamics",
    light: float = 1.0,
) -> list[SimulatedVideo]:
    """List the videos of a cohort, both tasks of each session.

    `cue_in` is "dynamics" or "appearance": the part of a video that depends on the score.
    """
    return [
        SimulatedVideo(
            video_path(root, session, task),
            *(session, task, seed, cue, cue_in, frames, rate, *size, light),
        )
        for session, task in itertools.product(cohort, TASKS)
    ]


def video_path(root: Path, session: Session, task: str) -> Path:
    """Return the path of a video in the tree."""
    return root / session.partition / task / f"{session.name}_{task}_video.mp4"


def write_labels(root: Path, cohort: list[Session]) -> None:
    """Write one CSV for each session, without a header; its first cell is the score."""
    for session in cohort:
        path = root / LABELS[session.partition] / f"{session.name}_Depression.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{session.score}\n")


def write_simulated_video(video: SimulatedVideo) -> None:
    """Draw a video and write it.

    The appearance, the position of the face, the noise and the shocks that drive the movements come from random streams
    that do not depend on the score. Only the time constant of the movements depends on it or, with the cue in the
    appearance, the resting values of the face.
    """
    cv2.setNumThreads(1)
    session = video.session
    appearance = draw_appearance(random_stream(video.seed, "look", session.subject))
    appearance = change_scene(appearance, random_stream(video.seed, "day", session.name))
    appearance = replace(appearance, light=appearance.light * video.light)
    random = random_stream(video.seed, "film", session.name, video.task)
    unit = video.height * FACE * random.uniform(0.94, 1.06)
    pose = FacePose(
        x=video.width * random.uniform(0.46, 0.54),
        y=video.height * random.uniform(0.46, 0.50),
        unit=unit,
        tilt=random.uniform(-3, 3),
    )
    in_dynamics = video.cue_in == "dynamics"
    tau = time_constant(session.severity, video.cue if in_dynamics else 0.0)
    values = processes(random, video.frames, video.frame_rate, tau)
    sequence = expressions(values, None if in_dynamics else resting_values(session.severity, video.cue))
    frames = (draw_frame(appearance, expression, pose, video.width, video.height, random)[0] for expression in sequence)
    video.path.parent.mkdir(parents=True, exist_ok=True)
    write_video(video.path, frames, video.frame_rate)
