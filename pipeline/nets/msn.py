"""MSN, the multiscale spatiotemporal network, written as rows of numbers to compare with table 1 of its paper.

W. C. de Melo, E. Granger, A. Hadid, "A Deep Multiscale Spatiotemporal Network for Assessing Depression from Facial
Dynamics", IEEE Transactions on Affective Computing, 2020, DOI 10.1109/TAFFC.2020.3021755.

Where the paper is silent or contradicts itself, this module follows the authors' published code:

- every block has a shortcut of a 1x1x1 convolution and batch norm (the paper has a 1x1x3 convolution where channels
  differ, which does not give the paper's own parameter counts);
- padding is "same" as in Keras: where its total is odd (with stride 2), the extra zero goes after the input;
- batch norm has epsilon 1e-3, and convolutions have no bias.

Departures from both: batch norm has a scale (the code has a shift alone), the average pool takes feature maps of any
size (the code has a fixed 2 x 7 x 7), and a width multiplier makes small networks of the same shape. The paper's
"MSN-36" has 39 layers when counted like the others; it keeps its name here.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from pipeline.nets.layers import EPSILON, ClipConvolution, Convolution, SamePool, scale_channels
from pipeline.nets.ops.chain import Chain

BLOCKS = {  # depth: blocks in conv2, conv3, conv4, conv5
    27: (2, 2, 2, 2),
    36: (3, 3, 3, 3),
    51: (3, 4, 6, 3),
    69: (3, 4, 12, 3),
    99: (3, 4, 22, 3),
}
STEM = 64  # channels of conv1
BRANCH_SCALE = 0.3  # initial scale of a block's branch, relative to its shortcut
SHORTCUT_BIAS = 1 / math.sqrt(math.pi - 1)  # mean of a rectified normal over its standard deviation


@dataclass(frozen=True)
class Stage:
    """One row of table 1.

    Attributes:
        inner: channels of a block's first convolution and of each of its parallel convolutions.
        outer: channels of a block's last convolution.
        multiscale: whether all kernels of the set run in parallel, or kernel 3 alone.
        pooled: whether a 2x2x2 pool precedes the stage.
    """

    inner: int
    outer: int
    multiscale: bool
    pooled: bool


STAGES = (
    Stage(32, 128, multiscale=True, pooled=False),  # conv2  28 x 28
    Stage(64, 256, multiscale=True, pooled=False),  # conv3  28 x 28
    Stage(256, 512, multiscale=False, pooled=True),  # conv4  14 x 14
    Stage(512, 1024, multiscale=False, pooled=True),  # conv5  7 x 7
)


class Block(nn.Module):
    """Residual block: a 1x1x3 convolution, parallel convolutions of every kernel of the set, a 1x1x3 convolution.

    y = ReLU(H5(concat_k Hk(H1 x)) + shortcut(x)), where H1 and Hk end in batch norm and ReLU, H5 and the shortcut in
    batch norm. The paper writes kernels height x width x time, so its 1x1x3 is (3, 1, 1) here.
    """

    def __init__(self, inputs: int, inner: int, outer: int, kernels: tuple[int, ...], momentum: float) -> None:
        """Create the convolutions; `inputs`, `inner` and `outer` are numbers of channels."""
        super().__init__()
        self.first = Convolution(inputs, inner, (3, 1, 1), momentum)
        self.parallel = nn.ModuleList(ClipConvolution(inner, inner, (k, k, k)) for k in kernels)
        # Batch norm and ReLU act on each channel alone, so one pass over the concatenation equals one for each kernel.
        self.norm = nn.BatchNorm3d(inner * len(kernels), eps=EPSILON, momentum=momentum)
        self.last = Convolution(inner * len(kernels), outer, (3, 1, 1), momentum, relu=False)
        self.shortcut = Convolution(inputs, outer, (1, 1, 1), momentum, relu=False)

    def forward(
        self, x: Float[Tensor, "batch inputs time height width"]
    ) -> Float[Tensor, "batch outer time height width"]:
        """Compute the block's output, which has the size of the input."""
        shortcut = self.shortcut(x)
        x = self.first(x)  # inner
        x = torch.cat([convolution(x) for convolution in self.parallel], dim=1)  # inner x kernels
        x = functional.relu(self.norm(x), inplace=True)
        x = self.last(x)  # outer
        return functional.relu(x.add_(shortcut), inplace=True)

    def init_near_identity(self) -> None:
        """Initialise the block near the identity, so that gradients keep their size at any depth.

        If its input and output have the same number of channels, the shortcut becomes the identity. Its batch norm
        subtracts the mean of its rectified input; the bias SHORTCUT_BIAS restores it, so that the final ReLU cuts off
        little. The branch is scaled by BRANCH_SCALE.
        """
        nn.init.constant_(self.last.norm.weight, BRANCH_SCALE)
        shortcut = self.shortcut.convolution
        if shortcut.in_channels == shortcut.out_channels:
            nn.init.dirac_(shortcut.weight)
            nn.init.constant_(self.shortcut.norm.bias, SHORTCUT_BIAS)


class MSN(nn.Module):
    """MSN up to and including the average pool, with `features` outputs for each clip.

    Time is halved four times, so a clip has at least 8 frames; its height and width are free.
    """

    def __init__(self, depth: int, kernels: tuple[int, ...], width: float, momentum: float) -> None:
        """Create all layers.

        Args:
            depth: a key of BLOCKS.
            kernels: the kernel set of conv2 and conv3; conv4 and conv5 always have kernel 3 alone.
            width: a factor on all channels; 1.0 in the paper.
            momentum: of batch norm, as PyTorch defines it; 0.01 in the authors' code.
        """
        super().__init__()
        channels = scale_channels(STEM, width)
        self.stem = Chain(
            Convolution(3, channels, (7, 7, 7), momentum, stride=(1, 2, 2)),  # 64 x 16 x 56 x 56
            SamePool((3, 3, 3), (2, 2, 2)),  # 64 x 8 x 28 x 28
            single_part=True,
        )
        stages = []
        for stage, count in zip(STAGES, BLOCKS[depth], strict=True):
            layers: list[nn.Module] = [SamePool((2, 2, 2), (2, 2, 2))] if stage.pooled else []
            for _ in range(count):
                inner, outer = scale_channels(stage.inner, width), scale_channels(stage.outer, width)
                layers.append(Block(channels, inner, outer, kernels if stage.multiscale else (3,), momentum))
                channels = outer
            stages.append(Chain(*layers))
        self.stages = nn.ModuleList(stages)
        self.features = channels

    @property
    def last_blocks(self) -> dict[str, nn.Module]:
        """The last block of each stage, by the name of the stage; Grad-CAM takes its output."""
        names = ("conv2", "conv3", "conv4", "conv5")
        return {name: [*stage.children()][-1] for name, stage in zip(names, self.stages, strict=True)}

    def forward(self, x: Float[Tensor, "batch 3 time height width"]) -> Float[Tensor, "batch features"]:
        """Compute the features of each clip; the sizes below are for clips of 16 x 112 x 112."""
        x = self.stem(x)
        for stage in self.stages:
            x = stage(x)  # 128 x 8 x 28 x 28, 256 x 8 x 28 x 28, 512 x 4 x 14 x 14, 1024 x 2 x 7 x 7
        return x.mean(dim=(2, 3, 4))
