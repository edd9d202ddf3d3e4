"""What a network is fitted to: its initial weights, the meaning of its outputs and its recordings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from pipeline.data.frame_order import RECORDED, FrameOrder
from pipeline.models.description import Description
from pipeline.nets.build import Network


@dataclass(frozen=True)
class NetworkTask:
    """A network to train; the training engine takes it, and returns `TrainedNetwork`.

    Attributes:
        network: with its initial weights.
        description: of its weights; it says how long its clips are and what its outputs mean.
        fitted: (folder of the sequence, score) of each recording to learn from.
        validated: the same of each recording to validate; may be empty.
        absent: clip.absent: how clips treat frames without a face.
        order: clip.order: of the frames in each clip, fitted or validated.
    """

    network: Network
    description: Description
    fitted: Sequence[tuple[Path, float]]
    validated: Sequence[tuple[Path, float]]
    absent: str
    order: FrameOrder = RECORDED

    @property
    def length(self) -> int:
        """Frames of a clip."""
        assert self.description.clip is not None
        return self.description.clip


@dataclass(frozen=True)
class TrainedNetwork:
    """The result of a training.

    Attributes:
        weights: of the network, by name, on the CPU.
        facts: about the weights, as JSON values: the last row of each learning curve, the epoch that was kept.
    """

    weights: Mapping[str, Tensor]
    facts: Mapping[str, Any]
