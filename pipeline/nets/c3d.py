"""C3D, written as rows of numbers to compare with figure 3 of its paper.

D. Tran, L. Bourdev, R. Fergus, L. Torresani, M. Paluri, "Learning Spatiotemporal Features with 3D Convolutional
Networks", ICCV 2015. The two FC layers have 512 units, as in the head of MSN, instead of 4,096; this gives the number
of parameters in the MSN paper (32.1 M). Both are part of the pretrained backbone: the softmax layer follows the second
one, and fine-tuning keeps both and replaces the last layer.

The first FC layer has weights for a feature map of one size, so C3D accepts a narrow range of clip sizes only.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from pipeline.nets.heads import HIDDEN
from pipeline.nets.layers import Size3D, scale_channels
from pipeline.nets.ops.chain import Chain
from pipeline.params.network import C3D_FRAMES, C3D_PIXELS


@dataclass(frozen=True)
class Group:
    """3x3x3 convolutions and the pool after them.

    Attributes:
        channels: of each convolution.
        pool: window and stride of the pool, which rounds down.
        padding: of the pool.
    """

    channels: tuple[int, ...]
    pool: Size3D = (2, 2, 2)
    padding: Size3D = (0, 0, 0)


GROUPS = (
    Group((64,), pool=(1, 2, 2)),  # conv1, pool1:  64 x 16 x 56 x 56
    Group((128,)),  # conv2, pool2:                128 x 8 x 28 x 28
    Group((256, 256)),  # conv3, pool3:            256 x 4 x 14 x 14
    Group((512, 512)),  # conv4, pool4:            512 x 2 x 7 x 7
    Group((512, 512), padding=(0, 1, 1)),  # conv5, pool5: 512 x 1 x 4 x 4
)
FINAL_SIZE = (1, 4, 4)  # of the feature map before the FC layers


class C3D(nn.Module):
    """C3D up to and including the second FC layer, with `features` outputs for each clip."""

    def __init__(self, width: float, dropout: float) -> None:
        """Create all layers.

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
                layers += [nn.Conv3d(inputs, scale_channels(channels, width), 3, padding=1), nn.ReLU(inplace=True)]
                inputs = scale_channels(channels, width)
            stages.append(Chain(*layers, nn.MaxPool3d(group.pool, padding=group.padding), single_part=True))
        self.stages = nn.ModuleList(stages)
        self.full = nn.Sequential(
            *[
                nn.Linear(inputs * FINAL_SIZE[0] * FINAL_SIZE[1] * FINAL_SIZE[2], HIDDEN),
                nn.ReLU(inplace=True),
                nn.Dropout(dropout),
            ],
            *[nn.Linear(HIDDEN, HIDDEN), nn.ReLU(inplace=True), nn.Dropout(dropout)],
        )
        self.features = HIDDEN

    @property
    def last_blocks(self) -> dict[str, nn.Module]:
        """The last ReLU of each stage, before its pool, by the name of the stage; Grad-CAM takes its output."""
        names = ("conv1", "conv2", "conv3", "conv4", "conv5")
        return {name: [*stage.children()][-2] for name, stage in zip(names, self.stages, strict=True)}

    def forward(self, x: Float[Tensor, "batch 3 time height width"]) -> Float[Tensor, "batch features"]:
        """Compute the features of each clip.

        Raises:
            ValueError: if the clips have a size for which the FC layers have no weights.
        """
        frames, *sides = x.shape[2:]
        if not (
            C3D_FRAMES[0] <= frames <= C3D_FRAMES[1] and all(C3D_PIXELS[0] <= side <= C3D_PIXELS[1] for side in sides)
        ):
            raise ValueError(
                f"C3D was given clips of {frames} frames of {sides[0]} x {sides[1]} pixels; allowed: "
                f"{C3D_FRAMES[0]} to {C3D_FRAMES[1]} frames of {C3D_PIXELS[0]} to {C3D_PIXELS[1]} pixels each way"
            )
        for stage in self.stages:
            x = stage(x)
        return self.full(torch.flatten(x, 1))  # in the order channel, time, height, width
