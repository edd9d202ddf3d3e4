"""Convolving images of many frames gives what PyTorch's own convolution in time and space gives."""

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


def _drawn(*size: int) -> Tensor:
    return torch.randn(size, generator=torch.Generator().manual_seed(sum(size)), dtype=torch.float64)


def _assert_same(found: Tensor, expected: Tensor, *of: Tensor) -> None:
    torch.testing.assert_close(found, expected)
    above = _drawn(*expected.shape)
    for one, other in zip(torch.autograd.grad(found, of, above), torch.autograd.grad(expected, of, above), strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("kernel", [(3, 3, 3), (5, 3, 5), (7, 7, 7), (11, 1, 3)])
@pytest.mark.parametrize("frames", [1, 4, 8])
def test_all_frames_as_one_image(kernel: tuple[int, int, int], frames: int) -> None:
    x, weight = _drawn(2, 3, frames, 6, 7).requires_grad_(), _drawn(4, 3, *kernel).requires_grad_()
    expected = functional.conv3d(x, weight, padding="same")
    found = conv3d_as_conv2d(x.contiguous(memory_format=torch.channels_last_3d), weight)
    assert found.is_contiguous(memory_format=torch.channels_last_3d)
    _assert_same(found, expected, x, weight)


@pytest.mark.parametrize(
    ("size", "kernel", "stride"),
    [
        ((22, 21, 23), (7, 7, 7), (1, 2, 2)),  # MSN's: an even number of frames comes out
        ((21, 20, 22), (7, 7, 7), (2, 2, 2)),  # I3D's
        ((9, 12, 9), (3, 5, 4), (1, 2, 2)),  # an odd one
        ((5, 7, 8), (5, 7, 7), (1, 2, 2)),  # a single frame, of a single row
    ],
)
def test_windows_of_frames(
    size: tuple[int, int, int], kernel: tuple[int, int, int], stride: tuple[int, int, int]
) -> None:
    x, weight = _drawn(2, 3, *size).requires_grad_(), _drawn(4, 3, *kernel).requires_grad_()
    found = strided_conv3d_as_conv2d(x, weight, stride)
    assert found.is_contiguous(memory_format=torch.channels_last_3d)
    _assert_same(found, functional.conv3d(x, weight, stride=stride), x, weight)


def test_the_kernel_of_the_example() -> None:
    a_b_c = torch.tensor([1.0, 2.0, 3.0]).view(1, 1, 3, 1, 1)
    expected = torch.tensor([[2.0, 3.0, 0.0, 0.0], [1.0, 2.0, 3.0, 0.0], [0.0, 1.0, 2.0, 3.0], [0.0, 0.0, 1.0, 2.0]])
    assert torch.equal(unrolled_kernel(a_b_c, 4, 4, 1, 1)[:, :, 0, 0], expected)


def test_long_clips_stay_clips() -> None:
    assert [conv2d_is_faster(frames, 7) for frames in (4, 8, 9, 16)] == [True, True, False, False]
    assert not conv2d_is_faster(4, 3)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("channels", [8, 64])
def test_halves_on_a_gpu(channels: int) -> None:
    x, weight = _drawn(4, channels, 8, 28, 28), _drawn(channels, channels, 7, 7, 7)
    expected = functional.conv3d(x, weight, padding="same")
    found = conv3d_as_conv2d(x.cuda().bfloat16(), weight.cuda().bfloat16()).cpu().double()
    assert (found - expected).norm() < 0.01 * expected.norm()
    clip, stem = _drawn(2, 3, 22, 117, 117), _drawn(channels, 3, 7, 7, 7)
    expected = functional.conv3d(clip, stem, stride=(1, 2, 2))
    found = strided_conv3d_as_conv2d(clip.cuda().bfloat16(), stem.cuda().bfloat16(), (1, 2, 2)).cpu().double()
    assert (found - expected).norm() < 0.01 * expected.norm()
