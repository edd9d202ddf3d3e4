"""Conversion of clips from their layout on disk to a network's input; axes and values change here alone."""

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from pipeline.params.network import Model


class Normalise(nn.Module):
    """Subtract the mean of each colour, scale, and swap axes.

    Channels stay red, green, blue (the authors' code has blue, green, red, and the mean in the same order).
    """

    mean: Tensor

    def __init__(self, model: Model) -> None:
        """Take mean and scale from the section `model` of params.yaml; both apply to values of 0 to 255."""
        super().__init__()
        self.scale = model.scale
        self.register_buffer("mean", torch.tensor(model.mean), persistent=False)

    def forward(
        self, clips: UInt8[Tensor, "batch time height width channel"]
    ) -> Float[Tensor, "batch channel time height width"]:
        """Convert from disk layout to network layout; the result is channels last in memory."""
        x = (clips.float() - self.mean) * self.scale
        return x.permute(0, 4, 1, 2, 3)


def repeat_over_time(
    images: Float[Tensor, "batch channel 1 height width"], length: int
) -> Float[Tensor, "batch channel time height width"]:
    """Repeat each image over `length` frames; it stays one image in memory."""
    return images.expand(-1, -1, length, -1, -1)
