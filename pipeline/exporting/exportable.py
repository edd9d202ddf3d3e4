"""A fine-tuned network with its pre- and postprocessing, as one module from stored clips of faces to scores."""

from pathlib import Path

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from pipeline.models.description import Description
from pipeline.models.normalise import Normalise
from pipeline.models.weights import WeightsError, load_network
from pipeline.nets.build import Network


class ExportableNetwork(nn.Module):
    """A network with normalisation before it and the scale of the scores after it; it estimates BDI-II scores of clips.

    The estimate of a video is the mean over its clips.
    """

    def __init__(self, network: Network, description: Description) -> None:
        """Wrap a network; `description` is that of its weights, and has a target."""
        super().__init__()
        assert description.target is not None
        self.normalise = Normalise(description.model)
        self.network = network
        self.mean, self.deviation = description.target.mean, description.target.deviation

    def forward(self, clips: UInt8[Tensor, "batch time height width 3"]) -> Float[Tensor, " batch"]:
        """Estimate the score of each clip of aligned RGB faces."""
        return self.mean + self.deviation * self.network(self.normalise(clips))[:, 0]


def load_exportable_network(folder: Path) -> tuple[ExportableNetwork, tuple[int, int, int, int]]:
    """Load a model folder; return the network in evaluation mode, and the shape of a clip (time, height, width, 3).

    Raises:
        WeightsError: if the network does not estimate scores, or its description lacks the input specification.
    """
    network, description = load_network(folder)
    if description.target is None:
        raise WeightsError(f"{folder}: these weights estimate no score; allowed: weights that the stage finetune wrote")
    if description.input_spec is None or description.clip is None:
        raise WeightsError(f"{folder}: its description does not say to which clips it was fitted; run finetune again")
    size = description.input_spec.preprocessing.align.size
    return ExportableNetwork(network, description).eval(), (description.clip, size, size, 3)


def random_clips(batch: int, shape: tuple[int, int, int, int]) -> UInt8[Tensor, "batch time height width 3"]:
    """Return random smooth clips, with which an export is compared with its network; `batch` is also the seed."""
    generator = torch.Generator().manual_seed(batch)
    frames, height, width, _ = shape
    coarse = torch.rand(batch, 3, max(frames // 4, 1), height // 8, width // 8, generator=generator)
    smooth = nn.functional.interpolate(coarse, (frames, height, width), mode="trilinear")
    return (255 * smooth).round().to(torch.uint8).permute(0, 2, 3, 4, 1).contiguous()
