"""Padding, widths and pools."""

import pytest
import torch

from pipeline.nets.layers import SamePool, same_padding, scaled


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
    assert scaled(channels, width) == expected


@pytest.mark.parametrize(("size", "expected"), [(7, 4), (8, 4), (1, 1)])
def test_later_pools_round_up(size: int, expected: int) -> None:
    x = torch.arange(size, dtype=torch.float32).expand(1, 1, size, size, size)
    y = SamePool((2, 2, 2), (2, 2, 2))(x)
    assert y.shape[2:] == (expected,) * 3
    assert y[0, 0, 0, 0].tolist() == [float(min(2 * place + 1, size - 1)) for place in range(expected)]
