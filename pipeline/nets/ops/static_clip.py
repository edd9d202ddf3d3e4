"""Convolution of a static clip, which repeats one image over time, as in pretraining.

Wherever the kernel lies wholly within the clip it meets the same image, so the output is that of a 2D convolution of
the image with the kernel summed over time, computed once. Only where the kernel extends past an end of the clip do
fewer of its slices count:

    frames 8, kernel 3      outputs  0 1 2 3 4 5 6 7
    slices of the kernel          1-2|0---------2|0-1

So three output images stand for eight, and each costs one 2D convolution. The results equal those of the 3D convolution
up to rounding.
"""

from itertools import groupby

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional


def is_static(x: Float[Tensor, "batch channel time height width"]) -> bool:
    """Whether each clip of `x` is one image in memory, repeated over time by `Tensor.expand`."""
    return x.shape[2] > 1 and x.stride(2) == 0


def conv3d_static_clip(
    image: Float[Tensor, "batch inputs height width"],
    weight: Float[Tensor, "outputs inputs depth rows columns"],
    stride: tuple[int, int, int],
    frames: int,
    before: int,
    after: int,
) -> Float[Tensor, "batch outputs time2 height2 width2"]:
    """Compute `conv3d` of `image` repeated over `frames` frames, zero-padded in time.

    Args:
        image: already padded in space.
        weight: of the 3D convolution, which has no bias.
        stride: in time, height and width.
        frames: of the clip.
        before: frames of zeros before the clip.
        after: frames of zeros after the clip.
    """
    depth = weight.shape[2]
    starts = range(-before, frames + after - depth + 1, stride[0])  # the first frame under the kernel
    slices = [(max(-start, 0), min(frames - start, depth)) for start in starts]  # of the kernel within the clip
    runs = [(pair, len([*group])) for pair, group in groupby(slices)]  # successive output frames that are equal
    kernels = torch.cat([weight[:, :, first:stop].sum(2) for (first, stop), _ in runs])
    images = functional.conv2d(image, kernels, stride=stride[1:]).unflatten(1, (len(runs), -1))
    pairs = zip(images.unbind(1), runs, strict=True)
    outputs = [output.unsqueeze(2).expand(-1, -1, count, -1, -1) for output, (_, count) in pairs]
    return torch.cat(outputs, dim=2).contiguous(memory_format=torch.channels_last_3d)
