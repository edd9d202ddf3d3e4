"""3D convolutions computed as 2D convolutions, with the frames of a clip as channels of one image.

GPUs are slow at 3D convolutions over few channels and few frames: a kernel of 7 x 7 x 7 over 64 channels runs at 0.4 of
the speed of a matrix product. With the frames of a clip stacked as channels of one image (8 frames of 64 channels make
512 channels), the operation becomes a 2D convolution over many channels, at which GPUs are fastest. The kernel of that
2D convolution is block-banded: it repeats the 3D kernel, shifted by one frame for every output frame, and is zero
elsewhere:

    4 frames, kernel a b c      output 0   b c . .
                                output 1   a b c .
                                output 2   . a b c
                                output 3   . . a b

The cost is the multiplications by zero; the parts of the kernel outside the clip are not computed at all. Outputs and
gradients equal those of the 3D convolution up to rounding.
"""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

MIN_KERNEL = 5  # size in time: kernels of 3 or 1 gain nothing
MAX_FRAMES = 8  # more were not measured; the zeros and the memory of the kernel grow with the square of the frames
OUTPUT_FRAMES = 2  # output frames that one image of a strided convolution covers


def conv2d_is_faster(frames: int, kernel: int) -> bool:
    """Whether a GPU computes a 3D convolution faster as a 2D convolution (measured on an H200).

    Args:
        frames: of the input.
        kernel: size in time.

    Examples:
        >>> [conv2d_is_faster(8, kernel) for kernel in (3, 5, 7, 9)]
        [False, True, True, True]
    """
    return kernel >= MIN_KERNEL and frames <= MAX_FRAMES


def conv3d_as_conv2d(
    x: Float[Tensor, "batch inputs time height width"],
    weight: Float[Tensor, "outputs inputs depth rows columns"],
) -> Float[Tensor, "batch outputs time height width"]:
    """Compute `conv3d` with "same" padding, stride 1 and a kernel of odd sides, with all frames as one image."""
    frames, (depth, rows, columns) = x.shape[2], weight.shape[2:]
    image = x.permute(0, 3, 4, 2, 1).flatten(3).permute(0, 3, 1, 2)  # channels last in memory
    banded = unrolled_kernel(weight, frames, frames, 1, depth // 2)
    x = functional.conv2d(image, banded, padding=(rows // 2, columns // 2))
    return x.unflatten(1, (frames, -1)).transpose(1, 2).contiguous(memory_format=torch.channels_last_3d)


def strided_conv3d_as_conv2d(
    x: Float[Tensor, "batch inputs time height width"],
    weight: Float[Tensor, "outputs inputs depth rows columns"],
    stride: tuple[int, int, int],
) -> Float[Tensor, "batch outputs time2 height2 width2"]:
    """Compute `conv3d` without padding and with stride 2 in space, with one image for every two output frames.

    Each 2 x 2 block of pixels becomes the channels of one pixel (space to depth), so the 2D convolution has no stride:
    a kernel of 7 x 7 over 8 frames of 3 channels becomes one of 4 x 4 over 96 channels.
    """
    depth, rows, columns = weight.shape[2:]
    frames = (x.shape[2] - depth) // stride[0] + 1
    outputs = OUTPUT_FRAMES if frames % OUTPUT_FRAMES == 0 else 1
    inputs = stride[0] * (outputs - 1) + depth
    height, width = ((size - side) // 2 + 1 for size, side in zip(x.shape[3:], (rows, columns), strict=True))
    halves = -(-rows // 2), -(-columns // 2)  # size of the kernel in blocks
    blocks = height + halves[0] - 1, width + halves[1] - 1
    padding = [2 * count - size for count, size in zip(blocks, x.shape[3:], strict=True)]
    x = functional.pad(x, [0, padding[1], 0, padding[0]])
    x = x.unfold(2, inputs, stride[0] * outputs)  # batch, channel, window, height, width, frame
    x = x.unflatten(4, (-1, 2)).unflatten(3, (-1, 2)).permute(0, 2, 3, 5, 7, 4, 6, 1)
    windows = x.shape[1]
    x = x.flatten(0, 1).flatten(3).permute(0, 3, 1, 2)  # channels: frame, row in block, column in block, colour
    kernel = functional.pad(weight, [0, 2 * halves[1] - columns, 0, 2 * halves[0] - rows])
    kernel = unrolled_kernel(kernel, outputs, inputs, stride[0], 0).unflatten(1, (inputs, -1))
    kernel = kernel.unflatten(4, (-1, 2)).unflatten(3, (-1, 2)).permute(0, 3, 5, 1, 4, 6, 2)
    x = functional.conv2d(x, kernel.flatten(3).permute(0, 3, 1, 2))
    x = x.unflatten(1, (outputs, -1)).unflatten(0, (-1, windows))  # batch, window, frame, channel, height, width
    return x.permute(0, 3, 1, 2, 4, 5).flatten(2, 3).contiguous(memory_format=torch.channels_last_3d)


def unrolled_kernel(
    weight: Float[Tensor, "outputs inputs depth rows columns"],
    output_frames: int,
    input_frames: int,
    stride: int,
    offset: int,
) -> Float[Tensor, "banded_outputs banded_inputs rows columns"]:
    """Unroll a 3D kernel over time into a block-banded 2D kernel; the channels of a frame stay together.

    Args:
        weight: of the 3D convolution.
        output_frames: frames stacked in the output image.
        input_frames: frames stacked in the input image.
        stride: in time.
        offset: the slice of the 3D kernel that multiplies the first input frame for the first output frame.
    """
    device = weight.device
    output = torch.arange(output_frames, device=device)[:, None, None]
    source = torch.arange(input_frames, device=device)[:, None]
    slices = torch.arange(weight.shape[2], device=device)
    selection = (source - stride * output + offset == slices).to(weight.dtype)  # output frame, input frame, slice
    banded = torch.einsum("tuk,oikrs->torsui", selection, weight)
    return banded.flatten(4).flatten(0, 1).permute(0, 3, 1, 2)  # channels last in memory
