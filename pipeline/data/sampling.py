"""Training samples: each is a pure function of the seed and its running number."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from pipeline.data.seeding import Purpose, generator
from pipeline.params.training import Augment

Starts = Sequence[Sequence[int] | Int[np.ndarray, " _"]]  # allowed first frames, for each phase of a recording

ANGLES: dict[str, Callable[[float], float]] = {  # the angle as a share of the largest, from a draw of 0 to 1
    "fixed": lambda draw: -1.0,
    "uniform": lambda draw: 2 * draw - 1,
}


@dataclass(frozen=True)
class ClipSample:
    """One training clip and its augmentation, which is the same for all its frames.

    Attributes:
        recording: number of the recording.
        phase: number of the phase of its subsampling.
        start: first frame in that phase.
        flip: whether it is mirrored left to right.
        upside_down: whether it is turned top to bottom.
        degrees: angle of its rotation, counter-clockwise; 0 for none.
    """

    recording: int
    phase: int
    start: int
    flip: bool = False
    upside_down: bool = False
    degrees: float = 0.0


def draw_clip(seed: int, number: int, starts: Sequence[Starts], augment: Augment) -> ClipSample:
    """Draw sample `number`: a recording uniformly, then one of its phases, a first frame, and the augmentation.

    Recordings are drawn uniformly, whatever their length, with replacement. Any frame may be the first as far as
    `clip.absent` allows, because clips wrap around at the end. At most one of flip, rotation and upside down is drawn.
    A fixed angle is clockwise, as in the authors' code, and has no sign to draw.

    Args:
        seed: of the training.
        number: of the sample, from 0, counted through the whole training.
        starts: the allowed first frames in each phase of each recording; each recording has at least one.
        augment: the probabilities of the augmentations, and the angles of rotations.
    """
    random = generator(seed, Purpose.SAMPLE, number)
    recording = int(random.integers(len(starts)))
    phases = [phase for phase, frames in enumerate(starts[recording]) if len(frames)]
    phase = phases[int(random.integers(len(phases)))]
    frames = starts[recording][phase]
    start = int(frames[int(random.integers(len(frames)))])
    choice, turn = random.random(2)
    if choice < augment.flip:
        return ClipSample(recording, phase, start, flip=True)
    if choice < augment.flip + augment.rotate:
        return ClipSample(recording, phase, start, degrees=augment.degrees * ANGLES[augment.angle](turn))
    if choice < augment.flip + augment.rotate + augment.upside_down:
        return ClipSample(recording, phase, start, upside_down=True)
    return ClipSample(recording, phase, start)


def epoch_order(seed: int, epoch: int, images: int) -> Int[np.ndarray, " images"]:
    """Return the order of `images` images in an epoch of pretraining."""
    return generator(seed, Purpose.ORDER, epoch).permutation(images)


def draw_flip(seed: int, number: int, share: float) -> bool:
    """Return whether image sample `number`, counted through the whole training, is mirrored."""
    return bool(generator(seed, Purpose.SAMPLE, number).random() < share)
