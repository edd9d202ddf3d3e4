"""ResNet-50 for single frames, written as rows of numbers to compare with table 1 of its paper.

K. He, X. Zhang, S. Ren, J. Sun, "Deep Residual Learning for Image Recognition", CVPR 2016.

The blocks are torchvision's, and at width 1 the weights have the names of `torchvision.models.resnet50` without `fc`,
so weights that are published for it fit. Epsilon of batch norm is torchvision's 1e-5.

Departures from the paper: the 3x3 convolution of a stage's first block has the stride, not the 1x1 convolution before
it (torchvision's version 1.5), and a width multiplier makes small networks of the same shape.
"""

from dataclasses import dataclass
from functools import partial

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models.resnet import Bottleneck

from pipeline.nets.layers import scale_channels
from pipeline.nets.ops.chain import Chain

STEM = 64  # channels of conv1
BRANCH_SCALE = 0.3  # initial scale of a block's branch, as in MSN


@dataclass(frozen=True)
class Stage:
    """One row of table 1.

    Attributes:
        inner: channels of a block's 1x1 and 3x3 convolutions; its last 1x1 convolution has four times as many.
        blocks: their number.
        stride: of the first block, in space.
    """

    inner: int
    blocks: int
    stride: int


STAGES = (
    Stage(64, blocks=3, stride=1),  # conv2   256 x 28 x 28
    Stage(128, blocks=4, stride=2),  # conv3  512 x 14 x 14
    Stage(256, blocks=6, stride=2),  # conv4  1024 x 7 x 7
    Stage(512, blocks=3, stride=2),  # conv5  2048 x 4 x 4
)


class ResNet50(nn.Module):
    """ResNet-50 up to and including the average pool, with `features` outputs for each clip of one frame.

    The height and width of the frame are free.
    """

    def __init__(self, width: float, momentum: float) -> None:
        """Create all layers.

        Args:
            width: a factor on all channels; 1.0 in the paper.
            momentum: of batch norm, as PyTorch defines it.
        """
        super().__init__()
        channels = scale_channels(STEM, width)
        self.conv1 = nn.Conv2d(3, channels, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(channels, momentum=momentum)
        stages = []
        for stage in STAGES:
            layer, channels = _build_stage(stage, channels, width, momentum)
            stages.append(layer)
        self.layer1, self.layer2, self.layer3, self.layer4 = stages
        self.features = channels

    @property
    def last_blocks(self) -> dict[str, nn.Module]:
        """The last block of each stage, by the name of the stage; Grad-CAM takes its output."""
        names = ("conv2", "conv3", "conv4", "conv5")
        stages = (self.layer1, self.layer2, self.layer3, self.layer4)
        return {name: [*stage.children()][-1] for name, stage in zip(names, stages, strict=True)}

    def init_near_identity(self) -> None:
        """Scale the branch of each block by BRANCH_SCALE, so that gradients keep their size from block to block.

        With a scale of 1, five steps of SGD at the MSN paper's learning rate, on the same four frames, change conv1 by
        its whole norm, and the loss falls, then rises; with 0.3 they change it by 3 %, and the loss falls. A scale of 0
        (P. Goyal et al., "Accurate, Large Minibatch SGD", 2017) is as stable but learns more slowly: the gradients of a
        branch are 0 at first, and small while its scale is.
        """
        for block in self.modules():
            if isinstance(block, Bottleneck):
                nn.init.constant_(block.bn3.weight, BRANCH_SCALE)

    def forward(self, x: Float[Tensor, "batch 3 time height width"]) -> Float[Tensor, "batch features"]:
        """Compute the features of each clip of one frame; the sizes below are for frames of 112 x 112.

        Raises:
            ValueError: if the clips have more than one frame.
        """
        if (frames := x.shape[2]) != 1:
            raise ValueError(f"ResNet-50 was given clips of {frames} frames; allowed: 1, for it sees single frames")
        x = x.squeeze(2)  # 3 x 112 x 112
        x = functional.relu(self.bn1(self.conv1(x)), inplace=True)  # 64 x 56 x 56
        x = functional.max_pool2d(x, 3, stride=2, padding=1)  # 64 x 28 x 28
        for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = stage(x)  # 256 x 28 x 28, 512 x 14 x 14, 1024 x 7 x 7, 2048 x 4 x 4
        return x.mean(dim=(2, 3))


def _build_stage(stage: Stage, inputs: int, width: float, momentum: float) -> tuple[Chain, int]:
    norm = partial(nn.BatchNorm2d, momentum=momentum)
    inner = scale_channels(stage.inner, width)
    outer = inner * Bottleneck.expansion
    shortcut = nn.Sequential(nn.Conv2d(inputs, outer, 1, stage.stride, bias=False), norm(outer))
    first = Bottleneck(inputs, inner, stage.stride, shortcut, norm_layer=norm)
    others = [Bottleneck(outer, inner, norm_layer=norm) for _ in range(1, stage.blocks)]
    return Chain(first, *others), outer
