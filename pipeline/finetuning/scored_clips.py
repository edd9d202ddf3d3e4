"""The training clips of fine-tuning, with the target of each, as a PyTorch dataset."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from torch.utils.data import Dataset

from pipeline.data.clips.face_sequence import FaceSequence
from pipeline.data.frame_order import RECORDED, FrameOrder
from pipeline.data.sampling import draw_clip
from pipeline.params.training import Augment


class ScoredClips(Dataset[dict[str, Any]]):
    """The training clips by their running numbers."""

    def __init__(
        self,
        sequences: Sequence[FaceSequence],
        targets: Sequence[float],
        length: int,
        seed: int,
        augment: Augment,
        order: FrameOrder = RECORDED,
    ) -> None:
        """Initialise the dataset.

        Args:
            sequences: of the recordings.
            targets: the output of the network that each recording is fitted to.
            length: frames of a clip.
            seed: of the draws of clips.
            augment: the probabilities of the augmentations, and the angles of rotations.
            order: of the frames in each clip.
        """
        self.sequences = sequences
        self.targets = targets
        self.starts = [sequence.starts(length) for sequence in sequences]
        self.length = length
        self.seed = seed
        self.augment = augment
        self.order = order

    def __getitem__(self, number: int) -> dict[str, Any]:
        """Draw sample `number`, counted through the whole training."""
        sample = draw_clip(self.seed, number, self.starts, self.augment)
        sequence = self.sequences[sample.recording]
        clip = sequence.clip(sample.phase, sample.start, self.length)
        indices = self.order.frame_indices(self.length, sequence.recording, sample.phase, sample.start, number)
        return {
            "clip": clip[indices],
            "target": np.float32(self.targets[sample.recording]),
            "flip": sample.flip,
            "upside_down": sample.upside_down,
            "degrees": np.float32(sample.degrees),
        }
