"""From clips as they lie on disk to what a network takes: the one place where axes and values change."""

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from pipeline.params import Model


class Normalise(nn.Module):
    """Swap axes, subtract the mean of each colour, and scale.

    Channels stay red, green, blue (the authors' code has them the other way round, with the mean reversed likewise).
    """

    mean: Tensor

    def __init__(self, model: Model) -> None:
        """Take mean and scale from the section `model` of params.yaml; values are 0 to 255 before it."""
        super().__init__()
        self.scale = model.scale
        self.register_buffer("mean", torch.tensor(model.mean), persistent=False)

    def forward(
        self, clips: UInt8[Tensor, "batch time height width channel"]
    ) -> Float[Tensor, "batch channel time height width"]:
        """Turn disk layout into network layout; the memory is left in channels-last order."""
        x = (clips.float() - self.mean) * self.scale
        return x.permute(0, 4, 1, 2, 3)


def repeat_over_time(
    images: Float[Tensor, "batch channel 1 height width"], length: int
) -> Float[Tensor, "batch channel time height width"]:
    """Make each image a clip of `length` equal frames, which stay one image in memory."""
    return images.expand(-1, -1, length, -1, -1)
