"""A fine-tuned network with all that stands around it: clips of faces as they are stored in, scores out."""

from pathlib import Path

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from pipeline.models.description import Description
from pipeline.models.normalise import Normalise
from pipeline.models.weights import WeightsError, load_network
from pipeline.nets.build import Network


class Estimator(nn.Module):
    """Answers in points of BDI-II; the estimate of a video is the mean over its clips."""

    def __init__(self, network: Network, description: Description) -> None:
        """Put input and output around a network with a target."""
        super().__init__()
        assert description.target is not None
        self.normalise = Normalise(description.model)
        self.network = network
        self.mean, self.deviation = description.target.mean, description.target.deviation

    def forward(self, clips: UInt8[Tensor, "batch time height width 3"]) -> Float[Tensor, " batch"]:
        """Estimate the score of each clip of aligned RGB faces."""
        return self.mean + self.deviation * self.network(self.normalise(clips))[:, 0]


def open_estimator(folder: Path) -> tuple[Estimator, tuple[int, int, int, int]]:
    """Load a model folder; return it in evaluation mode, and the (time, height, width, 3) of its clips.

    Raises:
        WeightsError: where it estimates no scores, or does not say for which clips.
    """
    network, description = load_network(folder)
    if description.target is None:
        raise WeightsError(f"{folder}: these weights estimate no score; allowed: what the stage finetune wrote")
    if description.footage is None or description.clip is None:
        raise WeightsError(f"{folder}: does not say which clips it was fitted to; fit it anew")
    size = description.footage.preprocessing.align.size
    return Estimator(network, description).eval(), (description.clip, size, size, 3)


def drawn_clips(batch: int, shape: tuple[int, int, int, int]) -> UInt8[Tensor, "batch time height width 3"]:
    """Random clips of blotches that drift, to compare exports on: every batch has its own."""
    random = torch.Generator().manual_seed(batch)
    frames, height, width, _ = shape
    coarse = torch.rand(batch, 3, max(frames // 4, 1), height // 8, width // 8, generator=random)
    smooth = nn.functional.interpolate(coarse, (frames, height, width), mode="trilinear")
    return (255 * smooth).round().to(torch.uint8).permute(0, 2, 3, 4, 1).contiguous()
