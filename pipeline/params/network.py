"""Sections of params.yaml on the network: the clips that it sees, and its architecture."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from pipeline.params.section import Count, Real, Section, to_tuple

MIN_CLIP_LENGTH = 8  # the time axis is halved four times before the head (paper.md: smallest clip)
# C3D's fully connected layers have weights for pooled features of 1 x 4 x 4 (time, height, width) alone. These clips
# give them: (smallest, largest) number of frames, and of pixels in height and in width.
C3D_FRAMES = (16, 31)
C3D_PIXELS = (96, 127)
# C3D has no batch norm, so its activations and gradients have the scale of its input: with unscaled pixels the loss is
# not finite after a few steps. 1/128 brings pixels between about -1 and 1.
C3D_MAX_SCALE = 1 / 64


def _odd_and_ascending(kernels: tuple[int, ...]) -> tuple[int, ...]:
    if any(kernel % 2 == 0 or kernel > 31 for kernel in kernels) or list(kernels) != sorted(set(kernels)):
        raise ValueError
    return kernels


Kernels = Annotated[tuple[Count, ...], BeforeValidator(to_tuple), AfterValidator(_odd_and_ascending)]


Order = Literal["recorded", "shuffled", "frozen", "reversed"]


class Clip(Section):
    """The clips: the consecutive frames that a network sees at once."""

    length: int = Field(
        ge=MIN_CLIP_LENGTH, le=256, description=f"a whole number of frames from {MIN_CLIP_LENGTH} to 256"
    )
    absent: Literal["skip", "hold", "keep"] = Field(
        description="skip (no clip with a frame without a face), hold (the last face is repeated) or keep (black)"
    )
    order: Order = Field(
        description="recorded, or a control in fitting and in testing: shuffled, frozen (the middle frame of a clip "
        "repeated) or reversed"
    )


class Model(Section):
    """The architecture of the network and the normalisation of its input."""

    name: Literal["msn", "c3d", "i3d", "resnet50"] = Field(
        description="msn, c3d or i3d (networks of clips) or resnet50 (a network of single frames)"
    )
    depth: Literal[27, 36, 51, 69, 99] = Field(description="27, 36, 51, 69 or 99")
    kernels: Kernels = Field(
        min_length=1, max_length=8, description="a list of distinct odd numbers from 1 to 31, ascending, as [3, 5, 7]"
    )
    width: Real = Field(
        gt=0, le=4, description="a factor on the number of channels of convolutions, above 0 to 4; the paper: 1.0"
    )
    dropout: Real = Field(ge=0, lt=1, description="0 to below 1; the paper: 0.5")
    batch_norm_momentum: Real = Field(
        gt=0, le=1, description="as PyTorch defines it, above 0 to 1; the authors' code: 0.01"
    )
    mean: Annotated[tuple[Real, Real, Real], BeforeValidator(to_tuple)] = Field(
        description="three numbers, red, green, blue, subtracted from pixels of 0 to 255"
    )
    scale: Real = Field(gt=0, description="a factor on pixels after the mean is subtracted, above 0; the paper: 1.0")
