"""Convolving a clip whose frames are one image, which is what pretraining is made of.

A kernel that lies wholly within the clip meets the same image at every place in time: convolving with it is convolving
the image, once, with its sum over time. Only where it hangs over an end of the clip do fewer of its slices count:

    frames 8, kernel 3      outputs  0 1 2 3 4 5 6 7
    slices of the kernel          1-2|0---------2|0-1

So three images of outputs stand for eight, and none of them costs more than a convolution in space. The sums are exact
but for rounding.
"""

from itertools import groupby

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional


def is_static(x: Float[Tensor, "batch channel time height width"]) -> bool:
    """Whether `x` is one image in memory for each clip, as `Tensor.expand` makes it."""
    return x.shape[2] > 1 and x.stride(2) == 0


def conv3d_static_clip(
    image: Float[Tensor, "batch inputs height width"],
    weight: Float[Tensor, "outputs inputs depth rows columns"],
    stride: tuple[int, int, int],
    frames: int,
    before: int,
    after: int,
) -> Float[Tensor, "batch outputs time2 height2 width2"]:
    """What `conv3d` gives for `image` repeated over `frames` frames, with zeros `before` and `after` them in time.

    Args:
        image: padded in space as it shall be.
        weight: of the convolution, without a bias.
        stride: in time, height and width.
        frames: of the clip.
        before: frames of zeros before the clip.
        after: the same behind it.
    """
    depth = weight.shape[2]
    places = range(-before, frames + after - depth + 1, stride[0])
    slices = [(max(-place, 0), min(frames - place, depth)) for place in places]  # of the kernel, that meet the clip
    parts = [(part, len([*same])) for part, same in groupby(slices)]
    kernels = torch.cat([weight[:, :, first:stop].sum(2) for (first, stop), _ in parts])
    found = functional.conv2d(image, kernels, stride=stride[1:]).unflatten(1, (len(parts), -1))
    lasting = zip(found.unbind(1), parts, strict=True)
    outputs = [one.unsqueeze(2).expand(-1, -1, count, -1, -1) for one, (_, count) in lasting]
    return torch.cat(outputs, dim=2).contiguous(memory_format=torch.channels_last_3d)
