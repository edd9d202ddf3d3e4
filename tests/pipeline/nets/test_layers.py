"""Padding, width multipliers and pools."""

import numpy as np
import pytest
import torch
from torch import nn

from pipeline.nets.layers import SamePool, same_padding, scale_channels


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "expected"),
    [
        (112, 7, 2, (2, 3)),
        (113, 7, 2, (3, 3)),
        (16, 7, 1, (3, 3)),
        (56, 3, 2, (0, 1)),
        (15, 3, 2, (1, 1)),
        (8, 2, 2, (0, 0)),
        (7, 2, 2, (0, 1)),
        (1, 2, 2, (0, 1)),
    ],
)
def test_same_padding(size: int, kernel: int, stride: int, expected: tuple[int, int]) -> None:
    assert same_padding(size, kernel, stride) == expected


@pytest.mark.parametrize(
    ("channels", "width", "expected"), [(64, 1.0, 64), (64, 0.125, 8), (32, 0.03125, 1), (32, 0.001, 1), (64, 1.5, 96)]
)
def test_width_scales_channels(channels: int, width: float, expected: int) -> None:
    assert scale_channels(channels, width) == expected


@pytest.mark.parametrize(("size", "expected"), [(7, 4), (8, 4), (1, 1)])
def test_pools_round_up(size: int, expected: int) -> None:
    x = torch.arange(size, dtype=torch.float32).expand(1, 1, size, size, size)
    y = SamePool((2, 2, 2), (2, 2, 2))(x)
    assert y.shape[2:] == (expected,) * 3
    assert y[0, 0, 0, 0].tolist() == [float(min(2 * index + 1, size - 1)) for index in range(expected)]


def test_keras_kernel_transposes_to_pytorch() -> None:
    """Keras's kernel (d, h, w, in, out), by loops over channels-last arrays, equals nn.Conv3d with its transpose."""
    generator = np.random.default_rng(0)
    x, kernel = generator.normal(size=(4, 5, 6, 2)), generator.normal(size=(3, 1, 2, 2, 3))
    expected = np.zeros((2, 5, 5, 3))
    for t, y, z in np.ndindex(2, 5, 5):
        for d, h, w in np.ndindex(3, 1, 2):
            expected[t, y, z] += x[t + d, y + h, z + w] @ kernel[d, h, w]
    layer = nn.Conv3d(2, 3, (3, 1, 2), bias=False).double()
    layer.weight.data = torch.from_numpy(kernel.transpose(4, 3, 0, 1, 2).copy())
    outputs = layer(torch.from_numpy(x.transpose(3, 0, 1, 2)[None].copy()))[0].detach().numpy()
    np.testing.assert_allclose(outputs.transpose(1, 2, 3, 0), expected, rtol=1e-10)
