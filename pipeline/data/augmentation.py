"""What is done to training clips, on the device: every frame of a clip alike."""

import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor
from torch.nn import functional


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
            Best kept on the host, which looks for those that are rotated.
    """
    done = torch.where(flip[:, None, None, None, None], clips.flip(3), clips)
    done = torch.where(upside_down[:, None, None, None, None], done.flip(2), done)
    turned = degrees.nonzero()[:, 0]
    if len(turned):
        places = _sent(turned, clips.device)
        done[places] = _rotated(done[places], _sent(degrees[turned], clips.device))
    return done


def _sent(numbers: Tensor, device: torch.device) -> Tensor:
    """Numbers on a device; neither they nor the host wait for what a GPU has to do before."""
    if device.type == "cuda" and not numbers.is_cuda:
        numbers = numbers.pin_memory()
    return numbers.to(device, non_blocking=True)


def _rotated(
    clips: UInt8[Tensor, "batch time height width 3"], degrees: Float[Tensor, " batch"]
) -> UInt8[Tensor, "batch time height width 3"]:
    """Rotate each clip by its own angle, with bilinear interpolation between pixels.

    The pixel at (x, y), from the centre and with y downwards, is the one that was at (x cos - y sin, x sin + y cos).
    """
    frames, height, width = clips.shape[1:4]
    angles = torch.deg2rad(degrees.float())[:, None, None]
    x, y = (torch.arange(size, device=clips.device) - (size - 1) / 2 for size in (width, height))
    across = x * angles.cos() - y[:, None] * angles.sin()
    down = x * angles.sin() + y[:, None] * angles.cos()
    places = torch.stack([across * (2 / width), down * (2 / height)], dim=-1)  # from -1 to 1 over the image
    images = clips.permute(0, 1, 4, 2, 3).flatten(1, 2).float()  # the colours of all frames are channels
    found = functional.grid_sample(images, places, align_corners=False).round().to(torch.uint8)
    return found.unflatten(1, (frames, 3)).permute(0, 1, 3, 4, 2)
