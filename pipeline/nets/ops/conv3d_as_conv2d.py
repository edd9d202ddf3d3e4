"""Convolutions of clips computed as convolutions of images, whose channels are those of several frames.

Few channels and few frames are what GPUs convolve worst: a kernel of 7 x 7 x 7 over 64 channels runs at 0.4 of the
speed of a matrix product. With the frames of a clip side by side as channels of one image (8 frames of 64 channels make
512) it is a convolution in space of many channels, which they do best. Its kernel holds the one in time again and
again, one frame further for every frame of the output, and zeros elsewhere:

    frames 4, kernel a b c      output 0   b c . .
                                output 1   a b c .
                                output 2   . a b c
                                output 3   . . a b

What is multiplied by zeros is the price; what would hang over the ends of the clip is not computed at all. Outputs and
gradients are those of the convolution in time and space, but for rounding.
"""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

MIN_KERNEL = 5  # in time: with 3, or 1, there is nothing to gain
MAX_FRAMES = 8  # more were not measured; zeros, and the memory of the kernel, grow with their square
OUTPUTS = 2  # frames of the output that one image of a strided convolution stands for


def conv2d_is_faster(frames: int, kernel: int) -> bool:
    """Whether a GPU computes a convolution over so many frames faster as one of a single image (measured on an H200).

    >>> [fits_one_image(8, kernel) for kernel in (3, 5, 7, 9)]
    [False, True, True, True]
    """
    return kernel >= MIN_KERNEL and frames <= MAX_FRAMES


def conv3d_as_conv2d(
    x: Float[Tensor, "batch inputs time height width"],
    weight: Float[Tensor, "outputs inputs depth rows columns"],
) -> Float[Tensor, "batch outputs time height width"]:
    """What `conv3d` gives with "same" padding, stride 1 and a kernel of odd sides: all frames are one image."""
    frames, (depth, rows, columns) = x.shape[2], weight.shape[2:]
    image = x.permute(0, 3, 4, 2, 1).flatten(3).permute(0, 3, 1, 2)  # in the order of channels last
    wide = unrolled_kernel(weight, frames, frames, 1, depth // 2)
    x = functional.conv2d(image, wide, padding=(rows // 2, columns // 2))
    return x.unflatten(1, (frames, -1)).transpose(1, 2).contiguous(memory_format=torch.channels_last_3d)


def strided_conv3d_as_conv2d(
    x: Float[Tensor, "batch inputs time height width"],
    weight: Float[Tensor, "outputs inputs depth rows columns"],
    stride: tuple[int, int, int],
) -> Float[Tensor, "batch outputs time2 height2 width2"]:
    """What `conv3d` gives without padding and with a stride of 2 in space: an image for every two frames of the output.

    Four neighbouring pixels are channels of one place, so the stride is gone too: a kernel of 7 x 7 over 3 channels of
    8 frames becomes one of 4 x 4 over 96.
    """
    depth, rows, columns = weight.shape[2:]
    frames = (x.shape[2] - depth) // stride[0] + 1
    outputs = OUTPUTS if frames % OUTPUTS == 0 else 1
    inputs = stride[0] * (outputs - 1) + depth
    height, width = ((size - side) // 2 + 1 for size, side in zip(x.shape[3:], (rows, columns), strict=True))
    halves = -(-rows // 2), -(-columns // 2)  # of the kernel, in places of two pixels
    places = height + halves[0] - 1, width + halves[1] - 1
    more = [2 * wanted - had for wanted, had in zip(places, x.shape[3:], strict=True)]
    x = functional.pad(x, [0, more[1], 0, more[0]])
    x = x.unfold(2, inputs, stride[0] * outputs)  # batch, channel, window, height, width, frame
    x = x.unflatten(4, (-1, 2)).unflatten(3, (-1, 2)).permute(0, 2, 3, 5, 7, 4, 6, 1)
    windows = x.shape[1]
    x = x.flatten(0, 1).flatten(3).permute(0, 3, 1, 2)  # channels: frame, row of two, column of two, colour
    kernel = functional.pad(weight, [0, 2 * halves[1] - columns, 0, 2 * halves[0] - rows])
    kernel = unrolled_kernel(kernel, outputs, inputs, stride[0], 0).unflatten(1, (inputs, -1))
    kernel = kernel.unflatten(4, (-1, 2)).unflatten(3, (-1, 2)).permute(0, 3, 5, 1, 4, 6, 2)
    x = functional.conv2d(x, kernel.flatten(3).permute(0, 3, 1, 2))
    x = x.unflatten(1, (outputs, -1)).unflatten(0, (-1, windows))  # batch, window, frame, channel, height, width
    return x.permute(0, 3, 1, 2, 4, 5).flatten(2, 3).contiguous(memory_format=torch.channels_last_3d)


def unrolled_kernel(
    weight: Float[Tensor, "outputs inputs depth rows columns"], frames: int, seen: int, stride: int, first: int
) -> Float[Tensor, "wide_outputs wide_inputs rows columns"]:
    """The kernel over images of `seen` frames for images of `frames` frames; channels of a frame stay together.

    Args:
        weight: of the convolution in time and space.
        frames: of the output.
        seen: of the input.
        stride: in time.
        first: the slice of the kernel that the first frame of the output has over the first of the input.
    """
    device = weight.device
    output = torch.arange(frames, device=device)[:, None, None]
    seen_by = torch.arange(seen, device=device)[:, None]
    slices = torch.arange(weight.shape[2], device=device)
    chosen = (seen_by - stride * output + first == slices).to(weight.dtype)  # output frame, input frame, slice
    wide = torch.einsum("tuk,oikrs->torsui", chosen, weight)
    return wide.flatten(4).flatten(0, 1).permute(0, 3, 1, 2)  # in the order of channels last
