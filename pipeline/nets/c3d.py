"""C3D, as rows of numbers to hold beside figure 3 of its paper.

D. Tran, L. Bourdev, R. Fergus, L. Torresani, M. Paluri, "Learning Spatiotemporal Features with 3D Convolutional
Networks", ICCV 2015. The two FC layers have 512 units, as in the head of MSN, where the original has 4,096: so the
parameters are those that the MSN paper counts (32.1 M). They belong to what is pretrained: the softmax sits on the
second of them, and a regression takes both over under a fresh last layer.

What the FC layers hold depends on how many places the convolutions leave, so C3D takes one size of clip only.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from pipeline.nets.heads import HIDDEN
from pipeline.nets.layers import Sides, scaled
from pipeline.nets.ops.chain import Chain


@dataclass(frozen=True)
class Group:
    """Convolutions of 3x3x3 and the pool after them.

    Attributes:
        channels: of each convolution.
        pool: window and stride of the pool, which rounds down.
        padding: of the pool.
    """

    channels: tuple[int, ...]
    pool: Sides = (2, 2, 2)
    padding: Sides = (0, 0, 0)


GROUPS = (
    Group((64,), pool=(1, 2, 2)),  # conv1, pool1:  64 x 16 x 56 x 56
    Group((128,)),  # conv2, pool2:                128 x 8 x 28 x 28
    Group((256, 256)),  # conv3, pool3:            256 x 4 x 14 x 14
    Group((512, 512)),  # conv4, pool4:            512 x 2 x 7 x 7
    Group((512, 512), padding=(0, 1, 1)),  # conv5, pool5: 512 x 1 x 4 x 4
)
PLACES = (1, 4, 4)  # of time, height and width before the FC layers
FRAMES = (16, 31)  # fewest and most that leave these places
PIXELS = (96, 127)  # of height and of width


class C3D(nn.Module):
    """The network up to the second FC layer: a clip becomes `features` numbers."""

    def __init__(self, width: float, dropout: float) -> None:
        """Make all layers.

        Args:
            width: a factor on the channels of convolutions; 1.0 in the paper.
            dropout: after each FC layer; 0.5 in the paper.
        """
        super().__init__()
        inputs = 3
        stages = []
        for group in GROUPS:
            layers: list[nn.Module] = []
            for channels in group.channels:
                layers += [nn.Conv3d(inputs, scaled(channels, width), 3, padding=1), nn.ReLU(inplace=True)]
                inputs = scaled(channels, width)
            stages.append(Chain(*layers, nn.MaxPool3d(group.pool, padding=group.padding), whole=True))
        self.stages = nn.ModuleList(stages)
        self.full = nn.Sequential(
            *[
                nn.Linear(inputs * PLACES[0] * PLACES[1] * PLACES[2], HIDDEN),
                nn.ReLU(inplace=True),
                nn.Dropout(dropout),
            ],
            *[nn.Linear(HIDDEN, HIDDEN), nn.ReLU(inplace=True), nn.Dropout(dropout)],
        )
        self.features = HIDDEN

    @property
    def last_blocks(self) -> dict[str, nn.Module]:
        """The ReLU that ends each stage before its pool, by the name of the stage: what may be looked at."""
        names = ("conv1", "conv2", "conv3", "conv4", "conv5")
        return {name: [*stage.children()][-2] for name, stage in zip(names, self.stages, strict=True)}

    def forward(self, x: Float[Tensor, "batch 3 time height width"]) -> Float[Tensor, "batch features"]:
        """Describe each clip.

        Raises:
            ValueError: where the clip has another size than the FC layers have weights for.
        """
        frames, *sides = x.shape[2:]
        if not (FRAMES[0] <= frames <= FRAMES[1] and all(PIXELS[0] <= side <= PIXELS[1] for side in sides)):
            raise ValueError(
                f"C3D was given clips of {frames} frames of {sides[0]} x {sides[1]} pixels; allowed: {FRAMES[0]} to "
                f"{FRAMES[1]} frames of {PIXELS[0]} to {PIXELS[1]} pixels each way"
            )
        for stage in self.stages:
            x = stage(x)
        return self.full(torch.flatten(x, 1))  # in the order channel, time, height, width
