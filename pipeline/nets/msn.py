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

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

BLOCKS = {  # depth: blocks in conv2, conv3, conv4, conv5
    27: (2, 2, 2, 2),
    36: (3, 3, 3, 3),
    51: (3, 4, 6, 3),
    69: (3, 4, 12, 3),
    99: (3, 4, 22, 3),
}
STEM = 64  # channels of conv1
EPSILON = 1e-3  # of batch norm


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


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """How many places Keras' "same" padding adds (before, after), so that the output has ceil(size / stride) places.

    >>> same_padding(112, kernel=7, stride=2)  # conv1 in space
    (2, 3)
    >>> same_padding(16, kernel=3, stride=2)  # the first pool
    (0, 1)
    >>> same_padding(7, kernel=2, stride=2)  # a later pool rounds up
    (0, 1)
    >>> same_padding(16, kernel=7, stride=1)  # conv1 in time
    (3, 3)
    """
    outputs = -(-size // stride)
    total = max((outputs - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def scaled(channels: int, width: float) -> int:
    """Channels of a convolution at a width multiplier: rounded, at least 1.

    >>> scaled(64, 0.125), scaled(32, 0.001)
    (8, 1)
    """
    return max(1, round(channels * width))


class SamePool(nn.Module):
    """Max pooling with stride 2 and "same" padding in time, height and width."""

    def __init__(self, kernel: int) -> None:
        """Pool over windows of `kernel` places each way."""
        super().__init__()
        self.kernel = kernel

    def forward(
        self, x: Float[Tensor, "batch channel time height width"]
    ) -> Float[Tensor, "batch channel time2 height2 width2"]:
        """Halve time, height and width, rounding up."""
        before = [same_padding(size, self.kernel, stride=2)[0] for size in x.shape[2:]]
        # Rounding up lets the last window hang over the end, which is the padding after.
        return functional.max_pool3d(x, self.kernel, stride=2, padding=before, ceil_mode=True)


class Convolution(nn.Module):
    """A convolution of stride 1 that keeps the size, its batch norm, and a ReLU unless told otherwise."""

    def __init__(
        self, inputs: int, outputs: int, kernel: tuple[int, int, int], momentum: float, relu: bool = True
    ) -> None:
        """Make the layers; `kernel` is (time, height, width), each odd."""
        super().__init__()
        self.convolution = nn.Conv3d(inputs, outputs, kernel, padding="same", bias=False)
        self.norm = nn.BatchNorm3d(outputs, eps=EPSILON, momentum=momentum)
        self.relu = relu

    def forward(
        self, x: Float[Tensor, "batch inputs time height width"]
    ) -> Float[Tensor, "batch outputs time height width"]:
        """Convolve and normalise."""
        x = self.norm(self.convolution(x))
        return functional.relu(x, inplace=True) if self.relu else x


class Block(nn.Module):
    """1x1x3, then every kernel of the set side by side, then 1x1x3, added to a projection of the input.

    y = ReLU(H5(concat_k Hk(H1 x)) + shortcut(x)), where the H1 and Hk end in batch norm and ReLU, H5 and the shortcut
    in batch norm. The paper writes kernels height x width x time, so its 1x1x3 is (3, 1, 1) here.
    """

    def __init__(self, inputs: int, inner: int, outer: int, kernels: tuple[int, ...], momentum: float) -> None:
        """Make the convolutions; `inputs`, `inner` and `outer` are channels."""
        super().__init__()
        self.first = Convolution(inputs, inner, (3, 1, 1), momentum)
        self.parallel = nn.ModuleList(nn.Conv3d(inner, inner, k, padding="same", bias=False) for k in kernels)
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


class Stem(nn.Module):
    """conv1: 7x7x7 with stride 2 in space and 1 in time, batch norm, ReLU, and the first pool."""

    def __init__(self, outputs: int, momentum: float) -> None:
        """Make the layers for RGB input."""
        super().__init__()
        self.convolution = nn.Conv3d(3, outputs, 7, stride=(1, 2, 2), bias=False)
        self.norm = nn.BatchNorm3d(outputs, eps=EPSILON, momentum=momentum)
        self.pool = SamePool(3)

    def forward(self, x: Float[Tensor, "batch 3 time height width"]) -> Float[Tensor, "batch outputs t2 h4 w4"]:
        """Halve time, quarter height and width."""
        _, _, T, H, W = x.shape  # noqa: N806
        padding = [
            *same_padding(W, 7, 2),
            *same_padding(H, 7, 2),
            *same_padding(T, 7, 1),
        ]  # from the last axis on
        x = self.convolution(functional.pad(x, padding))  # T x H/2 x W/2
        x = functional.relu(self.norm(x), inplace=True)
        return self.pool(x)  # T/2 x H/4 x W/4


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
        self.stem = Stem(channels, momentum)
        stages = []
        for stage, count in zip(STAGES, BLOCKS[depth], strict=True):
            layers: list[nn.Module] = [SamePool(2)] if stage.pooled else []
            for _ in range(count):
                inner, outer = scaled(stage.inner, width), scaled(stage.outer, width)
                layers.append(Block(channels, inner, outer, kernels if stage.multiscale else (3,), momentum))
                channels = outer
            stages.append(nn.Sequential(*layers))
        self.stages = nn.ModuleList(stages)
        self.features = channels

    def forward(self, x: Float[Tensor, "batch 3 time height width"]) -> Float[Tensor, "batch features"]:
        """Describe each clip; sizes are for 16 x 112 x 112."""
        x = self.stem(x)  # 64 x 8 x 28 x 28
        for stage in self.stages:
            x = stage(x)  # 128 x 8 x 28 x 28, 256 x 8 x 28 x 28, 512 x 4 x 14 x 14, 1024 x 2 x 7 x 7
        return x.mean(dim=(2, 3, 4))
