"""The layers that networks share, with the padding that TensorFlow and Keras call "same"."""

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from pipeline.nets.ops.conv3d_as_conv2d import conv2d_is_faster, conv3d_as_conv2d, strided_conv3d_as_conv2d
from pipeline.nets.ops.static_clip import conv3d_static_clip, is_static

EPSILON = 1e-3  # of batch norm, in MSN's and I3D's own code
Sides = tuple[int, int, int]  # time, height, width


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """How many places "same" padding adds (before, after), so that the output has ceil(size / stride) places.

    >>> same_padding(112, kernel=7, stride=2)  # conv1 of MSN in space
    (2, 3)
    >>> same_padding(16, kernel=3, stride=2)  # its first pool
    (0, 1)
    >>> same_padding(7, kernel=2, stride=2)  # a later pool rounds up
    (0, 1)
    >>> same_padding(16, kernel=7, stride=1)  # conv1 of MSN in time
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


class ClipConvolution(nn.Conv3d):
    """A convolution without bias; `as_images` has it computed as one of images, where GPUs are faster at that."""

    as_images = False

    def __init__(self, inputs: int, outputs: int, kernel: Sides, stride: Sides = (1, 1, 1)) -> None:
        """Make the weights; with stride 1 padding is "same", with another one there is none."""
        super().__init__(inputs, outputs, kernel, stride, "same" if stride == (1, 1, 1) else 0, bias=False)

    def forward(
        self, x: Float[Tensor, "batch inputs time height width"]
    ) -> Float[Tensor, "batch outputs time2 height2 width2"]:
        """Convolve."""
        if self.as_images and self.stride[1:] == (2, 2):
            return strided_conv3d_as_conv2d(x, self.weight, self.stride)  # type: ignore[arg-type]
        if self.as_images and self.stride == (1, 1, 1) and conv2d_is_faster(x.shape[2], self.kernel_size[0]):
            return conv3d_as_conv2d(x, self.weight)
        return super().forward(x)


def use_conv2d(network: nn.Module) -> None:
    """Have the convolutions of a network computed as those of images."""
    for module in network.modules():
        if isinstance(module, ClipConvolution):
            module.as_images = True


class SamePool(nn.Module):
    """Max pooling with "same" padding: what is added never is the greatest."""

    def __init__(self, kernel: Sides, stride: Sides) -> None:
        """Pool over windows of `kernel` places, `stride` places apart."""
        super().__init__()
        self.kernel = kernel
        self.stride = stride

    def forward(
        self, x: Float[Tensor, "batch channel time height width"]
    ) -> Float[Tensor, "batch channel time2 height2 width2"]:
        """Divide time, height and width by the stride, rounding up."""
        sides = zip(x.shape[2:], self.kernel, self.stride, strict=True)
        before = [same_padding(*side)[0] for side in sides]
        # Rounding up lets the last window hang over the end, which is the padding after.
        return functional.max_pool3d(x, self.kernel, self.stride, before, ceil_mode=True)


class Convolution(nn.Module):
    """A convolution without bias and with "same" padding, its batch norm, and a ReLU unless told otherwise."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: Sides,
        momentum: float,
        *,
        stride: Sides = (1, 1, 1),
        relu: bool = True,
    ) -> None:
        """Make the layers; `kernel` is odd each way, `momentum` that of batch norm in PyTorch's sense."""
        super().__init__()
        self.convolution = ClipConvolution(inputs, outputs, kernel, stride)
        self.norm = nn.BatchNorm3d(outputs, eps=EPSILON, momentum=momentum)
        self.pads = stride != (1, 1, 1)  # asymmetric, which the convolution itself cannot do
        self.relu = relu

    def forward(
        self, x: Float[Tensor, "batch inputs time height width"]
    ) -> Float[Tensor, "batch outputs time2 height2 width2"]:
        """Convolve and normalise; time, height and width are divided by the stride, rounding up."""
        x = self.norm(self._padded(x) if self.pads else self.convolution(x))
        return functional.relu(x, inplace=True) if self.relu else x

    def _padded(self, x: Tensor) -> Tensor:
        layer = self.convolution
        time, height, width = map(same_padding, x.shape[2:], layer.kernel_size, layer.stride)
        if is_static(x):
            image = functional.pad(x[:, :, 0], [*width, *height])
            return conv3d_static_clip(image, layer.weight, layer.stride, x.shape[2], *time)  # type: ignore[arg-type]
        return layer(functional.pad(x, [*width, *height, *time]))
