"""The convolution of a static clip equals PyTorch's own 3D convolution of the clip in memory."""

import pytest
import torch
from torch.nn import functional

from pipeline.models.normalise import repeat_over_time
from pipeline.nets.layers import Convolution
from pipeline.nets.ops.static_clip import conv3d_static_clip, is_static

CASES = [  # frames, kernel size in time, stride in time, frames of zeros before and after
    (16, 7, 1, 3, 3),
    (16, 7, 2, 2, 3),
    (8, 3, 1, 1, 1),
    (8, 3, 3, 0, 1),
    (9, 5, 2, 0, 0),
    (2, 7, 1, 3, 3),  # a kernel longer than the clip
    (2, 1, 1, 0, 0),
]


@pytest.mark.parametrize(("frames", "depth", "stride", "before", "after"), CASES)
def test_outputs_and_gradients_equal_conv3d(frames: int, depth: int, stride: int, before: int, after: int) -> None:
    generator = torch.Generator().manual_seed(0)
    image = torch.randn(2, 3, 9, 8, generator=generator, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(4, 3, depth, 3, 5, generator=generator, dtype=torch.float64, requires_grad=True)
    clip = functional.pad(image.unsqueeze(2).expand(-1, -1, frames, -1, -1), [0, 0, 0, 0, before, after])
    expected = functional.conv3d(clip, weight, stride=(stride, 2, 1))
    outputs = conv3d_static_clip(image, weight, (stride, 2, 1), frames, before, after)
    torch.testing.assert_close(outputs, expected)
    upstream = torch.randn(expected.shape, generator=generator, dtype=torch.float64)
    for gradient, reference in zip(
        torch.autograd.grad(outputs, (image, weight), upstream),
        torch.autograd.grad(expected, (image, weight), upstream),
        strict=True,
    ):
        torch.testing.assert_close(gradient, reference)


def test_layer_output_is_equal_for_a_static_clip_and_its_copy() -> None:
    torch.manual_seed(0)
    layer = Convolution(3, 4, (7, 7, 7), 0.1, stride=(1, 2, 2)).double()
    static = repeat_over_time(torch.randn(2, 3, 1, 21, 20, dtype=torch.float64), 16)
    assert is_static(static)
    assert not is_static(static.contiguous())
    torch.testing.assert_close(layer(static), layer(static.contiguous()))
