"""What is done to training clips, on the device: every frame of a clip alike."""

import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor
from torchvision.transforms.v2.functional import InterpolationMode, rotate


def augment_clips(
    clips: UInt8[Tensor, "batch time height width 3"],
    flip: Bool[Tensor, " batch"],
    upside_down: Bool[Tensor, " batch"],
    degrees: Float[Tensor, " batch"],
) -> UInt8[Tensor, "batch time height width 3"]:
    """Mirror, turn top to bottom, or rotate each clip as told; the clips given are left as they are.

    Args:
        clips: in disk layout.
        flip: which are mirrored left to right.
        upside_down: which are turned top to bottom.
        degrees: how far each is rotated about its centre, counter-clockwise; corners that come into view are black.
    """
    done = torch.where(flip[:, None, None, None, None], clips.flip(3), clips)
    done = torch.where(upside_down[:, None, None, None, None], done.flip(2), done)
    for number, angle in enumerate(degrees.tolist()):
        if angle:
            frames = done[number].permute(0, 3, 1, 2)  # time channel height width
            done[number] = rotate(frames, angle, InterpolationMode.BILINEAR).permute(0, 2, 3, 1)
    return done
