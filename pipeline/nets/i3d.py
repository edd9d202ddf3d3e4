"""I3D, written as rows of numbers to compare with figure 3 of its paper.

J. Carreira, A. Zisserman, "Quo Vadis, Action Recognition? A New Model and the Kinetics Dataset", CVPR 2017:
Inception-v1 with batch norm and kernels inflated to three dimensions. As in the authors' code, every convolution has
batch norm and no bias, padding is "same", and the 5x5 branch of Inception has a 3x3x3 kernel.

Departures: the average pool takes feature maps of any size (the code has 2 x 7 x 7), and a width multiplier makes small
networks of the same shape.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from pipeline.nets.layers import Convolution, SamePool, scale_channels
from pipeline.nets.ops.chain import Chain


@dataclass(frozen=True)
class Row:
    """The channels of the convolutions of one Inception module.

    Attributes:
        one: of the first branch, a 1x1x1 convolution.
        two_reduced: of the 1x1x1 convolution of the second branch.
        two: of the 3x3x3 convolution after it.
        three_reduced: of the 1x1x1 convolution of the third branch.
        three: of the 3x3x3 convolution after it (5x5 in Inception-v1).
        pooled: of the 1x1x1 convolution after the pool of the fourth branch.
    """

    one: int
    two_reduced: int
    two: int
    three_reduced: int
    three: int
    pooled: int

    @property
    def outputs(self) -> tuple[int, int, int, int]:
        """Channels of the four branches."""
        return self.one, self.two, self.three, self.pooled


CONV1, CONV2_REDUCED, CONV2 = 64, 64, 192  # channels of conv1, and of the 1x1x1 and the 3x3x3 convolution of conv2
MIXED3 = (Row(64, 96, 128, 16, 32, 32), Row(128, 128, 192, 32, 96, 64))
MIXED4 = (
    Row(192, 96, 208, 16, 48, 64),
    Row(160, 112, 224, 24, 64, 64),
    Row(128, 128, 256, 24, 64, 64),
    Row(112, 144, 288, 32, 64, 64),
    Row(256, 160, 320, 32, 128, 128),
)
MIXED5 = (Row(256, 160, 320, 32, 128, 128), Row(384, 192, 384, 48, 128, 128))


class Mixed(nn.Module):
    """Inception module: four parallel branches, which keep the size."""

    def __init__(self, inputs: int, row: Row, width: float, momentum: float) -> None:
        """Create the branches over `inputs` channels."""
        super().__init__()
        one, two, three, pooled = (scale_channels(channels, width) for channels in row.outputs)
        two_reduced, three_reduced = scale_channels(row.two_reduced, width), scale_channels(row.three_reduced, width)
        self.one = Convolution(inputs, one, (1, 1, 1), momentum)
        self.two = nn.Sequential(
            Convolution(inputs, two_reduced, (1, 1, 1), momentum), Convolution(two_reduced, two, (3, 3, 3), momentum)
        )
        self.three = nn.Sequential(
            Convolution(inputs, three_reduced, (1, 1, 1), momentum),
            Convolution(three_reduced, three, (3, 3, 3), momentum),
        )
        self.pooled = nn.Sequential(SamePool((3, 3, 3), (1, 1, 1)), Convolution(inputs, pooled, (1, 1, 1), momentum))
        self.outputs = one + two + three + pooled

    def forward(
        self, x: Float[Tensor, "batch inputs time height width"]
    ) -> Float[Tensor, "batch outputs time height width"]:
        """Run the branches and concatenate their channels."""
        return torch.cat([self.one(x), self.two(x), self.three(x), self.pooled(x)], dim=1)


class I3D(nn.Module):
    """I3D up to and including the average pool, with `features` outputs for each clip of any size."""

    def __init__(self, width: float, momentum: float) -> None:
        """Create all layers.

        Args:
            width: a factor on all channels; 1.0 in the paper.
            momentum: of batch norm, as PyTorch defines it.
        """
        super().__init__()
        stem, reduced, second = (scale_channels(channels, width) for channels in (CONV1, CONV2_REDUCED, CONV2))
        spatial_pool = SamePool((1, 3, 3), (1, 2, 2))
        conv1 = Chain(Convolution(3, stem, (7, 7, 7), momentum, stride=(2, 2, 2)), single_part=True)
        conv2 = Chain(
            spatial_pool,
            Convolution(stem, reduced, (1, 1, 1), momentum),
            Convolution(reduced, second, (3, 3, 3), momentum),
            single_part=True,
        )
        mixed3, channels = _build_stage(spatial_pool, second, MIXED3, width, momentum)
        mixed4, channels = _build_stage(SamePool((3, 3, 3), (2, 2, 2)), channels, MIXED4, width, momentum)
        mixed5, self.features = _build_stage(SamePool((2, 2, 2), (2, 2, 2)), channels, MIXED5, width, momentum)
        self.stages = nn.ModuleList([conv1, conv2, mixed3, mixed4, mixed5])

    @property
    def last_blocks(self) -> dict[str, nn.Module]:
        """The last module of each stage, by its name in the MSN paper (conv3 is mixed 3); Grad-CAM takes its output."""
        names = ("conv1", "conv2", "conv3", "conv4", "conv5")
        return {name: [*stage.children()][-1] for name, stage in zip(names, self.stages, strict=True)}

    def forward(self, x: Float[Tensor, "batch 3 time height width"]) -> Float[Tensor, "batch features"]:
        """Compute the features of each clip; the sizes below are for clips of 16 x 112 x 112."""
        for stage in self.stages:
            x = stage(x)  # 64 x 8 x 56 x 56, 192 x 8 x 28 x 28, 480 x 8 x 14 x 14, 832 x 4 x 7 x 7, 1024 x 2 x 4 x 4
        return x.mean(dim=(2, 3, 4))


def _build_stage(
    pool: SamePool, channels: int, rows: tuple[Row, ...], width: float, momentum: float
) -> tuple[Chain, int]:
    layers: list[nn.Module] = [pool]
    for row in rows:
        mixed = Mixed(channels, row, width, momentum)
        layers.append(mixed)
        channels = mixed.outputs
    return Chain(*layers), channels
