"""The simulated corpus in AVEC2014's tree: two videos a session, one label for both."""

import itertools
from dataclasses import dataclass
from pathlib import Path

import cv2

from pipeline.simulation.appearance import another_day, draw_appearance
from pipeline.simulation.cohort import Session
from pipeline.simulation.drawing import Placement, draw_frame
from pipeline.simulation.motion import expressions, processes, resting_place, time_constant
from pipeline.simulation.random_streams import random_stream
from pipeline.video import write_video

TASKS = ("Freeform", "Northwind")
LABELS = {
    "Training": "AVEC2014_DepressionLabels/Training_DepressionLabels",
    "Development": "AVEC2014_DepressionLabels/Development_DepressionLabels",
    "Testing": "AVEC2014_Labels_Testset/Testing/DepressionLabels",
}
FACE = 0.275  # half the height of the face, as a share of the height of the frame


@dataclass(frozen=True)
class SimulatedVideo:
    """One video to draw: everything its bytes depend on, and where it goes."""

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


def simulated_videos(
    root: Path,
    cohort: list[Session],
    seed: int,
    cue: float,
    frames: int,
    rate: float,
    size: tuple[int, int],
    cue_in: str = "dynamics",
) -> list[SimulatedVideo]:
    """The videos of a cohort, both tasks of each session; the score shows in the dynamics or in the appearance."""
    return [
        SimulatedVideo(
            root / session.partition / task / f"{session.name}_{task}_video.mp4",
            *(session, task, seed, cue, cue_in, frames, rate, *size),
        )
        for session, task in itertools.product(cohort, TASKS)
    ]


def write_labels(root: Path, cohort: list[Session]) -> None:
    """Write one CSV a session, without a header, its first cell the score."""
    for session in cohort:
        path = root / LABELS[session.partition] / f"{session.name}_Depression.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{session.bdi}\n")


def write_simulated_video(film: SimulatedVideo) -> None:
    """Draw a video.

    Look, place, noise and the shocks that drive the movements come from streams that know nothing of the score; only
    the time constant of the movements does, or, with the cue in the appearance, where the face rests.
    """
    cv2.setNumThreads(1)
    session = film.session
    look = draw_appearance(random_stream(film.seed, "look", session.subject))
    look = another_day(look, random_stream(film.seed, "day", session.name))
    random = random_stream(film.seed, "film", session.name, film.task)
    unit = film.height * FACE * random.uniform(0.94, 1.06)
    rest = Placement(
        x=film.width * random.uniform(0.46, 0.54),
        y=film.height * random.uniform(0.46, 0.50),
        unit=unit,
        tilt=random.uniform(-3, 3),
    )
    moving = film.cue_in == "dynamics"
    tau = time_constant(session.bdi, film.cue if moving else 0.0)
    values = processes(random, film.frames, film.frame_rate, tau)
    shown = expressions(values, None if moving else resting_place(session.bdi, film.cue))
    pictures = (draw_frame(look, expression, rest, film.width, film.height, random)[0] for expression in shown)
    film.path.parent.mkdir(parents=True, exist_ok=True)
    write_video(film.path, pictures, film.frame_rate)
