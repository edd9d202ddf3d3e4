"""3D convolutions as 2D convolutions equal PyTorch's own 3D convolution."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from pipeline.nets.ops.conv3d_as_conv2d import (
    conv2d_is_faster,
    conv3d_as_conv2d,
    strided_conv3d_as_conv2d,
    unrolled_kernel,
)


def _random(*size: int) -> Tensor:
    return torch.randn(size, generator=torch.Generator().manual_seed(sum(size)), dtype=torch.float64)


def _assert_equal(outputs: Tensor, expected: Tensor, *inputs: Tensor) -> None:
    """Check outputs and the gradients with respect to `inputs`."""
    torch.testing.assert_close(outputs, expected)
    upstream = _random(*expected.shape)
    for gradient, reference in zip(
        torch.autograd.grad(outputs, inputs, upstream), torch.autograd.grad(expected, inputs, upstream), strict=True
    ):
        torch.testing.assert_close(gradient, reference)


@pytest.mark.parametrize("kernel", [(3, 3, 3), (5, 3, 5), (7, 7, 7), (11, 1, 3)])
@pytest.mark.parametrize("frames", [1, 4, 8])
def test_unstrided_convolution_with_all_frames_as_one_image(kernel: tuple[int, int, int], frames: int) -> None:
    x, weight = _random(2, 3, frames, 6, 7).requires_grad_(), _random(4, 3, *kernel).requires_grad_()
    expected = functional.conv3d(x, weight, padding="same")
    outputs = conv3d_as_conv2d(x.contiguous(memory_format=torch.channels_last_3d), weight)
    assert outputs.is_contiguous(memory_format=torch.channels_last_3d)
    _assert_equal(outputs, expected, x, weight)


@pytest.mark.parametrize(
    ("size", "kernel", "stride"),
    [
        ((22, 21, 23), (7, 7, 7), (1, 2, 2)),  # MSN's: an even number of output frames
        ((21, 20, 22), (7, 7, 7), (2, 2, 2)),  # I3D's
        ((9, 12, 9), (3, 5, 4), (1, 2, 2)),  # an odd number of output frames
        ((5, 7, 8), (5, 7, 7), (1, 2, 2)),  # one output frame of one row
    ],
)
def test_strided_convolution_in_windows_of_frames(
    size: tuple[int, int, int], kernel: tuple[int, int, int], stride: tuple[int, int, int]
) -> None:
    x, weight = _random(2, 3, *size).requires_grad_(), _random(4, 3, *kernel).requires_grad_()
    outputs = strided_conv3d_as_conv2d(x, weight, stride)
    assert outputs.is_contiguous(memory_format=torch.channels_last_3d)
    _assert_equal(outputs, functional.conv3d(x, weight, stride=stride), x, weight)


def test_unrolled_kernel_of_the_docstring() -> None:
    a_b_c = torch.tensor([1.0, 2.0, 3.0]).view(1, 1, 3, 1, 1)
    expected = torch.tensor([[2.0, 3.0, 0.0, 0.0], [1.0, 2.0, 3.0, 0.0], [0.0, 1.0, 2.0, 3.0], [0.0, 0.0, 1.0, 2.0]])
    assert torch.equal(unrolled_kernel(a_b_c, 4, 4, 1, 1)[:, :, 0, 0], expected)


def test_3d_convolution_of_long_clips_and_small_kernels() -> None:
    assert [conv2d_is_faster(frames, 7) for frames in (4, 8, 9, 16)] == [True, True, False, False]
    assert not conv2d_is_faster(4, 3)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("channels", [8, 64])
def test_bfloat16_on_a_gpu(channels: int) -> None:
    x, weight = _random(4, channels, 8, 28, 28), _random(channels, channels, 7, 7, 7)
    expected = functional.conv3d(x, weight, padding="same")
    outputs = conv3d_as_conv2d(x.cuda().bfloat16(), weight.cuda().bfloat16()).cpu().double()
    assert (outputs - expected).norm() < 0.01 * expected.norm()
    clip, stem = _random(2, 3, 22, 117, 117), _random(channels, 3, 7, 7, 7)
    expected = functional.conv3d(clip, stem, stride=(1, 2, 2))
    outputs = strided_conv3d_as_conv2d(clip.cuda().bfloat16(), stem.cuda().bfloat16(), (1, 2, 2)).cpu().double()
    assert (outputs - expected).norm() < 0.01 * expected.norm()
