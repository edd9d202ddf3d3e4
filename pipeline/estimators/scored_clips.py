"""TODO docstring."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from torch.utils.data import Dataset

from pipeline.data.clips.face_sequence import FaceSequence
from pipeline.data.sampling import draw_clip
from pipeline.params import Augment


class ScoredClips(Dataset[dict[str, Any]]):
    """The training clips by their running numbers."""

    def __init__(
        self, sequences: Sequence[FaceSequence], targets: Sequence[float], length: int, seed: int, augment: Augment
    ) -> None:
        """Take the recordings, what a network should answer for each, and how clips are drawn."""
        self.sequences = sequences
        self.targets = targets
        self.starts = [sequence.starts(length) for sequence in sequences]
        self.length = length
        self.seed = seed
        self.augment = augment

    def __getitem__(self, number: int) -> dict[str, Any]:
        """Sample `number`, counted through the whole training."""
        sample = draw_clip(self.seed, number, self.starts, self.augment)
        return {
            "clip": self.sequences[sample.recording].clip(sample.phase, sample.start, self.length),
            "target": np.float32(self.targets[sample.recording]),
            "flip": sample.flip,
            "upside_down": sample.upside_down,
            "degrees": np.float32(sample.degrees),
        }
