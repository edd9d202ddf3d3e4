"""The second simulated corpus: other people before another camera in dimmer light, with the same cue.

A model of the first corpus is tested on it (`corpus.external`). What tells the score is the same, the speed of the
face in seconds; what differs is what differs between real corpora: people, frame rate, picture size, brightness, number
of recordings.
"""

from pathlib import Path

from pipeline.params.corpus import Simulate
from pipeline.severity.scale import SeverityScale
from pipeline.simulation.avec_tree import SimulatedVideo, simulated_videos
from pipeline.simulation.cohort import Session, draw_cohort

FOLDER = "other"
README = "README.txt"
NOT_DRAWN = "A second corpus is drawn here if simulate.external is true.\n"
DRAWN = "The second simulated corpus, in the layout of AVEC2014.\n"
RATE = 4 / 3  # frame rate over that of the first corpus; the videos are as long in seconds
SIZE = 1.25  # width and height over those of the first corpus
LIGHT = 0.75  # brightness over that of the first corpus
SHARE = 0.5  # of the first corpus's subjects and sessions
MIN_SUBJECTS, MIN_SESSIONS = 3, 2


def other_settings(simulate: Simulate) -> Simulate:
    """Return the settings of the second corpus, which follow from those of the first one."""
    sessions = max(round(simulate.sessions * SHARE), MIN_SESSIONS)
    values = {
        "seed": simulate.seed + 1,
        "subjects": min(max(round(simulate.subjects * SHARE), MIN_SUBJECTS), 3 * sessions),
        "sessions": sessions,
        "frames": round(simulate.frames * RATE),
        "frame_rate": simulate.frame_rate * RATE,
        "width": _even(simulate.width * SIZE),
        "height": _even(simulate.height * SIZE),
    }
    return simulate.model_copy(update=values)


def other_corpus(root: Path, simulate: Simulate, scale: SeverityScale) -> tuple[list[Session], list[SimulatedVideo]]:
    """Return the sessions and the videos of the second corpus.

    Args:
        root: the folder of the corpus.
        simulate: settings of the first corpus.
        scale: of the scores of both.
    """
    other = other_settings(simulate)
    cohort = draw_cohort(other.seed, other.subjects, other.sessions, other.subject_share, scale)
    shape = (other.frames, other.frame_rate, (other.width, other.height))
    return cohort, simulated_videos(root, cohort, other.seed, other.cue, *shape, other.cue_in, LIGHT)


def _even(pixels: float) -> int:
    return 2 * round(pixels / 2)
