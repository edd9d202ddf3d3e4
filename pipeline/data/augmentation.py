"""Augmentation of training clips, on the device: all frames of a clip are transformed alike.

Clips are augmented after the mean is subtracted, as in the authors' code, so a value of 0 is the mean colour.
"""

from typing import Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

Fill = Literal["edge", "mean"]
PADDING = {"edge": "border", "mean": "zeros"}  # grid_sample's names


def augment_clips(
    clips: Float[Tensor, "batch time height width 3"],
    flip: Bool[Tensor, " batch"],
    upside_down: Bool[Tensor, " batch"],
    degrees: Float[Tensor, " batch"],
    fill: Fill,
) -> Float[Tensor, "batch time height width 3"]:
    """Mirror, turn upside down, or rotate each clip; the input is left unchanged.

    Args:
        clips: with the mean subtracted, axes in the order of the disk.
        flip: which clips are mirrored left to right.
        upside_down: which clips are turned top to bottom.
        degrees: the angle by which each clip is rotated about its centre, counter-clockwise. Best kept on the host,
            which searches it for the clips to rotate.
        fill: of corners that come into view: edge (the nearest pixel of the picture) or mean (the mean colour).
    """
    augmented = torch.where(flip[:, None, None, None, None], clips.flip(3), clips)
    augmented = torch.where(upside_down[:, None, None, None, None], augmented.flip(2), augmented)
    rotated = degrees.nonzero()[:, 0]
    if len(rotated):
        indices = _to_device(rotated, clips.device)
        augmented[indices] = _rotate(augmented[indices], _to_device(degrees[rotated], clips.device), fill)
    return augmented


def _to_device(tensor: Tensor, device: torch.device) -> Tensor:
    """Copy a tensor to a device; neither the copy nor the host waits for the GPU's earlier work."""
    if device.type == "cuda" and not tensor.is_cuda:
        tensor = tensor.pin_memory()
    return tensor.to(device, non_blocking=True)


def _rotate(
    clips: Float[Tensor, "batch time height width 3"], degrees: Float[Tensor, " batch"], fill: Fill
) -> Float[Tensor, "batch time height width 3"]:
    """Rotate each clip by its own angle, with bilinear interpolation between pixels.

    The output at (x, y), from the centre with y downwards, is the input at (x cos - y sin, x sin + y cos).
    """
    frames, height, width = clips.shape[1:4]
    angles = torch.deg2rad(degrees.float())[:, None, None]
    x, y = (torch.arange(size, device=clips.device) - (size - 1) / 2 for size in (width, height))
    source_x = x * angles.cos() - y[:, None] * angles.sin()
    source_y = x * angles.sin() + y[:, None] * angles.cos()
    grid = torch.stack([source_x * (2 / width), source_y * (2 / height)], dim=-1)  # from -1 to 1 over the image
    images = clips.permute(0, 1, 4, 2, 3).flatten(1, 2)  # the colours of all frames are channels
    rotated = functional.grid_sample(images, grid, padding_mode=PADDING[fill], align_corners=False)
    return rotated.unflatten(1, (frames, 3)).permute(0, 1, 3, 4, 2)
