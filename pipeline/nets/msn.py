"""MSN, the multiscale spatiotemporal network, as rows of numbers to hold beside table 1 of the paper.

W. C. de Melo, E. Granger, A. Hadid, "A Deep Multiscale Spatiotemporal Network for Assessing Depression from Facial
Dynamics", IEEE Transactions on Affective Computing, 2020, DOI 10.1109/TAFFC.2020.3021755.

Where the text is silent or disagrees with itself, this follows the authors' published code:

- every block has a shortcut of a 1x1x1 convolution and batch norm (the text has a 1x1x3 one where channels differ, with
  which the paper's own parameter counts do not come out);
- "same" padding as Keras means it: where the stride is 2, what is odd goes behind;
- batch norm with epsilon 1e-3, and no biases in convolutions.

Departures from both: batch norm has a scale (the code has a shift alone), the average pool takes whatever it is given
(the code has a fixed 2 x 7 x 7), and a width multiplier makes small networks of the same shape. The paper's "MSN-36"
has 39 layers when counted as the others are; it keeps its name here.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from pipeline.nets.layers import EPSILON, ClipConvolution, Convolution, SamePool, scaled
from pipeline.nets.ops.chain import Chain

BLOCKS = {  # depth: blocks in conv2, conv3, conv4, conv5
    27: (2, 2, 2, 2),
    36: (3, 3, 3, 3),
    51: (3, 4, 6, 3),
    69: (3, 4, 12, 3),
    99: (3, 4, 22, 3),
}
STEM = 64  # channels of conv1
BRANCH = 0.3  # what a block's branch counts at first, beside the shortcut's 1
PASSED = 1 / math.sqrt(math.pi - 1)  # the mean of a rectified normal in its own deviations


@dataclass(frozen=True)
class Stage:
    """One row of table 1.

    Attributes:
        inner: channels of a block's first convolution and of each of its parallel ones.
        outer: channels of a block's last convolution.
        multiscale: whether all kernels of the set run side by side, or the 3 alone.
        pooled: whether a 2x2x2 pool comes before the stage.
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
    """1x1x3, then every kernel of the set side by side, then 1x1x3, added to a projection of the input.

    y = ReLU(H5(concat_k Hk(H1 x)) + shortcut(x)), where the H1 and Hk end in batch norm and ReLU, H5 and the shortcut
    in batch norm. The paper writes kernels height x width x time, so its 1x1x3 is (3, 1, 1) here.
    """

    def __init__(self, inputs: int, inner: int, outer: int, kernels: tuple[int, ...], momentum: float) -> None:
        """Make the convolutions; `inputs`, `inner` and `outer` are channels."""
        super().__init__()
        self.first = Convolution(inputs, inner, (3, 1, 1), momentum)
        self.parallel = nn.ModuleList(ClipConvolution(inner, inner, (k, k, k)) for k in kernels)
        # Batch norm and ReLU treat each channel alone: once over the concatenation equals once a kernel, and is faster.
        self.norm = nn.BatchNorm3d(inner * len(kernels), eps=EPSILON, momentum=momentum)
        self.last = Convolution(inner * len(kernels), outer, (3, 1, 1), momentum, relu=False)
        self.shortcut = Convolution(inputs, outer, (1, 1, 1), momentum, relu=False)

    def forward(
        self, x: Float[Tensor, "batch inputs time height width"]
    ) -> Float[Tensor, "batch outer time height width"]:
        """Keep the size, change the channels."""
        shortcut = self.shortcut(x)
        x = self.first(x)  # inner
        x = torch.cat([convolution(x) for convolution in self.parallel], dim=1)  # inner x kernels
        x = functional.relu(self.norm(x), inplace=True)
        x = self.last(x)  # outer
        return functional.relu(x.add_(shortcut), inplace=True)

    def ease(self) -> None:
        """Set first weights that let most of the input pass, so that gradients keep their size at any depth.

        Where the channels agree the shortcut becomes the identity, and its norm, which takes away the mean of its
        rectified input, gives one back: so the ReLU behind cuts off little. The branch begins at BRANCH of its size.
        """
        nn.init.constant_(self.last.norm.weight, BRANCH)
        shortcut = self.shortcut.convolution
        if shortcut.in_channels == shortcut.out_channels:
            nn.init.dirac_(shortcut.weight)
            nn.init.constant_(self.shortcut.norm.bias, PASSED)


class MSN(nn.Module):
    """The network up to the average pool: a clip becomes `features` numbers.

    Time is halved four times, so a clip has at least 8 frames; the height and width of the input are free.
    """

    def __init__(self, depth: int, kernels: tuple[int, ...], width: float, momentum: float) -> None:
        """Make all layers.

        Args:
            depth: a key of BLOCKS.
            kernels: the kernel set of conv2 and conv3; conv4 and conv5 always have the 3 alone.
            width: a factor on all channels; 1.0 in the paper.
            momentum: of batch norm, in PyTorch's sense; 0.01 in the authors' code.
        """
        super().__init__()
        channels = scaled(STEM, width)
        self.stem = Chain(
            Convolution(3, channels, (7, 7, 7), momentum, stride=(1, 2, 2)),  # 64 x 16 x 56 x 56
            SamePool((3, 3, 3), (2, 2, 2)),  # 64 x 8 x 28 x 28
            whole=True,
        )
        stages = []
        for stage, count in zip(STAGES, BLOCKS[depth], strict=True):
            layers: list[nn.Module] = [SamePool((2, 2, 2), (2, 2, 2))] if stage.pooled else []
            for _ in range(count):
                inner, outer = scaled(stage.inner, width), scaled(stage.outer, width)
                layers.append(Block(channels, inner, outer, kernels if stage.multiscale else (3,), momentum))
                channels = outer
            stages.append(Chain(*layers))
        self.stages = nn.ModuleList(stages)
        self.features = channels

    @property
    def last_blocks(self) -> dict[str, nn.Module]:
        """The block that ends each stage, by the name of the stage: what may be looked at."""
        names = ("conv2", "conv3", "conv4", "conv5")
        return {name: [*stage.children()][-1] for name, stage in zip(names, self.stages, strict=True)}

    def forward(self, x: Float[Tensor, "batch 3 time height width"]) -> Float[Tensor, "batch features"]:
        """Describe each clip; sizes are for 16 x 112 x 112."""
        x = self.stem(x)
        for stage in self.stages:
            x = stage(x)  # 128 x 8 x 28 x 28, 256 x 8 x 28 x 28, 512 x 4 x 14 x 14, 1024 x 2 x 7 x 7
        return x.mean(dim=(2, 3, 4))
