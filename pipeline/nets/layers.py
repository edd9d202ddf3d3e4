"""Layers that the networks share, with the "same" padding of TensorFlow and Keras."""

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from pipeline.nets.ops.conv3d_as_conv2d import conv2d_is_faster, conv3d_as_conv2d, strided_conv3d_as_conv2d
from pipeline.nets.ops.static_clip import conv3d_static_clip, is_static

EPSILON = 1e-3  # of batch norm, as in the published code of MSN and I3D
Size3D = tuple[int, int, int]  # time, height, width


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Return the "same" padding (before, after) of one axis, with which its output has size ceil(size / stride).

    Examples:
        >>> same_padding(112, kernel=7, stride=2)  # conv1 of MSN in space
        (2, 3)
        >>> same_padding(16, kernel=3, stride=2)  # the first pool of MSN
        (0, 1)
        >>> same_padding(7, kernel=2, stride=2)  # a later pool rounds up
        (0, 1)
        >>> same_padding(16, kernel=7, stride=1)  # conv1 of MSN in time
        (3, 3)
    """
    outputs = -(-size // stride)
    total = max((outputs - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def scale_channels(channels: int, width: float) -> int:
    """Multiply a number of channels by the width multiplier; the result is rounded, and at least 1.

    Examples:
        >>> scale_channels(64, 0.125), scale_channels(32, 0.001)
        (8, 1)
    """
    return max(1, round(channels * width))


class ClipConvolution(nn.Conv3d):
    """A 3D convolution without bias; with `as_conv2d` it runs as a 2D convolution if that is faster on a GPU."""

    as_conv2d = False

    def __init__(self, inputs: int, outputs: int, kernel: Size3D, stride: Size3D = (1, 1, 1)) -> None:
        """Create the weights; padding is "same" with stride 1, and none with any other stride."""
        super().__init__(inputs, outputs, kernel, stride, "same" if stride == (1, 1, 1) else 0, bias=False)

    def forward(
        self, x: Float[Tensor, "batch inputs time height width"]
    ) -> Float[Tensor, "batch outputs time2 height2 width2"]:
        """Convolve each clip."""
        if self.as_conv2d and self.stride[1:] == (2, 2):
            return strided_conv3d_as_conv2d(x, self.weight, self.stride)  # type: ignore[arg-type]
        if self.as_conv2d and self.stride == (1, 1, 1) and conv2d_is_faster(x.shape[2], self.kernel_size[0]):
            return conv3d_as_conv2d(x, self.weight)
        return super().forward(x)


def use_conv2d(network: nn.Module) -> None:
    """Make the 3D convolutions of a network run as 2D convolutions where that is faster on a GPU."""
    for module in network.modules():
        if isinstance(module, ClipConvolution):
            module.as_conv2d = True


class SamePool(nn.Module):
    """Max pooling with "same" padding; a padded position is never the maximum."""

    def __init__(self, kernel: Size3D, stride: Size3D) -> None:
        """Create a pool over windows of size `kernel`, `stride` positions apart."""
        super().__init__()
        self.kernel = kernel
        self.stride = stride

    def forward(
        self, x: Float[Tensor, "batch channel time height width"]
    ) -> Float[Tensor, "batch channel time2 height2 width2"]:
        """Divide time, height and width by the stride, rounding up."""
        axes = zip(x.shape[2:], self.kernel, self.stride, strict=True)
        before = [same_padding(*axis)[0] for axis in axes]
        # With ceil_mode the last window may extend past the end, which is the padding after.
        return functional.max_pool3d(x, self.kernel, self.stride, before, ceil_mode=True)


class Convolution(nn.Module):
    """A 3D convolution with "same" padding and without bias, batch norm, and (with `relu`) a ReLU."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: Size3D,
        momentum: float,
        *,
        stride: Size3D = (1, 1, 1),
        relu: bool = True,
    ) -> None:
        """Create the layers; the sides of `kernel` are odd; `momentum` is that of batch norm, as PyTorch defines it."""
        super().__init__()
        self.convolution = ClipConvolution(inputs, outputs, kernel, stride)
        self.norm = nn.BatchNorm3d(outputs, eps=EPSILON, momentum=momentum)
        self.pads = stride != (1, 1, 1)  # asymmetric padding, which nn.Conv3d cannot do
        self.relu = relu

    def forward(
        self, x: Float[Tensor, "batch inputs time height width"]
    ) -> Float[Tensor, "batch outputs time2 height2 width2"]:
        """Convolve and normalise each clip; time, height and width are divided by the stride, rounding up."""
        x = self.norm(self._pad_and_convolve(x) if self.pads else self.convolution(x))
        return functional.relu(x, inplace=True) if self.relu else x

    def _pad_and_convolve(self, x: Tensor) -> Tensor:
        layer = self.convolution
        time, height, width = map(same_padding, x.shape[2:], layer.kernel_size, layer.stride)
        if is_static(x):
            image = functional.pad(x[:, :, 0], [*width, *height])
            return conv3d_static_clip(image, layer.weight, layer.stride, x.shape[2], *time)  # type: ignore[arg-type]
        return layer(functional.pad(x, [*width, *height, *time]))
