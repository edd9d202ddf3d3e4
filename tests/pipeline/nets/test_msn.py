"""MSN against the paper's table and parameter counts, and against a slow computation of its geometry in NumPy."""

import numpy as np
import pytest
import torch
from numpy.lib.stride_tricks import sliding_window_view
from torch import nn

from pipeline.nets.build import build
from pipeline.nets.heads import Regression
from pipeline.nets.msn import BLOCKS, MSN, Block, SamePool, Stem, same_padding, scaled
from tests.pipeline.training.material import MODEL

EPSILON = 1e-3


def _millions(depth: int, kernels: tuple[int, ...]) -> float:
    model = MODEL.model_copy(update={"depth": depth, "kernels": kernels, "width": 1.0})
    with torch.device("meta"):
        network = build(model, Regression())
    return round(sum(weight.numel() for weight in network.parameters()) / 1e6, 3)


@pytest.mark.parametrize(("depth", "millions"), [(27, 33.072), (36, 50.035), (51, 60.790), (69, 77.717), (99, 105.928)])
def test_parameter_counts_of_all_depths(depth: int, millions: float) -> None:
    assert _millions(depth, (3, 5, 7)) == millions


@pytest.mark.parametrize(
    ("kernels", "millions"),
    [
        ((3,), 68.143),
        ((3, 5), 70.809),
        ((3, 7), 75.050),
        ((3, 5, 9), 85.227),
        ((3, 5, 11), 96.939),
        ((3, 7, 9), 89.468),
        ((3, 7, 11), 101.181),
        ((3, 5, 7, 9), 92.134),
    ],
)
def test_parameter_counts_of_all_kernel_sets_at_depth_69(kernels: tuple[int, ...], millions: float) -> None:
    assert _millions(69, kernels) == millions


@pytest.mark.parametrize(
    ("depth", "layers"), [(27, 27), (36, 39), (51, 51), (69, 69), (99, 99)]
)  # the paper's 36 is a slip
def test_layers_on_the_longest_path(depth: int, layers: int) -> None:
    assert 1 + 3 * sum(BLOCKS[depth]) + 2 == layers
    with torch.device("meta"):
        network = MSN(depth, (3,), 1.0, 0.01)
    convolutions = [name for name, layer in network.named_modules() if isinstance(layer, nn.Conv3d)]
    assert len([name for name in convolutions if "shortcut" not in name]) == layers - 2  # and two FC layers


def test_sizes_are_those_of_table_1() -> None:
    found = []
    with torch.device("meta"):
        network = MSN(69, (3, 5, 7), 1.0, 0.01)
        for part in (network.stem.norm, network.stem, *network.stages):
            part.register_forward_hook(lambda _, __, output: found.append(tuple(output.shape[1:])))
        assert network(torch.empty(2, 3, 16, 112, 112)).shape == (2, 1024)
    assert found == [
        (64, 16, 56, 56),
        (64, 8, 28, 28),
        (128, 8, 28, 28),
        (256, 8, 28, 28),
        (512, 4, 14, 14),
        (1024, 2, 7, 7),
    ]


def test_kernels_of_every_stage() -> None:
    with torch.device("meta"):
        network = MSN(27, (3, 7), 1.0, 0.01)
    blocks = [layer for layer in network.modules() if isinstance(layer, Block)]
    sides = [[side.kernel_size for side in block.parallel if isinstance(side, nn.Conv3d)] for block in blocks]
    assert sides == [[(3, 3, 3), (7, 7, 7)]] * 4 + [[(3, 3, 3)]] * 4
    for block in blocks:
        assert block.first.convolution.kernel_size == block.last.convolution.kernel_size == (3, 1, 1)
        assert block.shortcut.convolution.kernel_size == (1, 1, 1)


def test_no_biases_and_the_stated_batch_norm() -> None:
    with torch.device("meta"):
        network = MSN(51, (3, 5, 7), 1.0, 0.07)
    for layer in network.modules():
        if isinstance(layer, nn.Conv3d):
            assert layer.bias is None
        if isinstance(layer, nn.BatchNorm3d):
            assert (layer.eps, layer.momentum, layer.affine) == (EPSILON, 0.07, True)


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


def _convolve(
    x: np.ndarray, weight: np.ndarray, pads: list[tuple[int, int]], stride: tuple[int, int, int]
) -> np.ndarray:
    """A convolution as sums over windows: x (channel, T, H, W), weight (out, in, t, h, w)."""
    padded = np.pad(x, [(0, 0), *pads])
    windows = sliding_window_view(padded, weight.shape[2:], axis=(1, 2, 3))
    windows = windows[:, :: stride[0], :: stride[1], :: stride[2]]
    return np.einsum("ctyxijk,ocijk->otyx", windows, weight)


def _normalise(x: np.ndarray, norm: nn.BatchNorm3d) -> np.ndarray:
    assert norm.running_mean is not None and norm.running_var is not None
    mean, variance, weight, bias = (
        value.detach().numpy()[:, None, None, None]
        for value in (norm.running_mean, norm.running_var, norm.weight, norm.bias)
    )
    return (x - mean) / np.sqrt(variance + EPSILON) * weight + bias


def _shake(module: nn.Module) -> nn.Module:
    """Random norms, so that a wrong place of one shows; double precision."""
    generator = torch.Generator().manual_seed(3)
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm3d):
            for value in (layer.running_mean, layer.running_var, layer.weight, layer.bias):
                assert value is not None
                value.data.uniform_(0.5, 1.5, generator=generator)
            layer.bias.data.sub_(1.0)
    return module.double().eval()


def test_the_stem_against_a_slow_computation() -> None:
    stem = _shake(Stem(4, 0.1))
    x = torch.randn(1, 3, 8, 16, 24, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    assert isinstance(stem, Stem)
    y = _convolve(x[0].numpy(), stem.convolution.weight.detach().numpy(), [(3, 3), (2, 3), (2, 3)], (1, 2, 2))
    y = np.maximum(_normalise(y, stem.norm), 0)
    padded = np.pad(y, [(0, 0), (0, 1), (0, 1), (0, 1)], constant_values=-np.inf)
    expected = sliding_window_view(padded, (3, 3, 3), axis=(1, 2, 3))[:, ::2, ::2, ::2].max((4, 5, 6))
    assert expected.shape == (4, 4, 4, 6)
    np.testing.assert_allclose(stem(x)[0].detach().numpy(), expected, rtol=1e-9, atol=1e-12)


def test_a_block_against_a_slow_computation() -> None:
    block = _shake(Block(3, 2, 5, (3, 5), 0.1))
    x = torch.randn(1, 3, 4, 6, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    assert isinstance(block, Block)

    def weight(convolution: nn.Module) -> np.ndarray:
        assert isinstance(convolution, nn.Conv3d)
        return convolution.weight.detach().numpy()

    along_time, once = [(1, 1), (0, 0), (0, 0)], (1, 1, 1)
    first = _convolve(x[0].numpy(), weight(block.first.convolution), along_time, once)
    first = np.maximum(_normalise(first, block.first.norm), 0)
    sides = [
        _convolve(first, weight(side), [(k // 2, k // 2)] * 3, once)
        for side, k in zip(block.parallel, (3, 5), strict=True)
    ]
    middle = np.maximum(_normalise(np.concatenate(sides), block.norm), 0)
    last = _normalise(_convolve(middle, weight(block.last.convolution), along_time, once), block.last.norm)
    shortcut = _convolve(x[0].numpy(), weight(block.shortcut.convolution), [(0, 0)] * 3, once)
    expected = np.maximum(last + _normalise(shortcut, block.shortcut.norm), 0)
    np.testing.assert_allclose(block(x)[0].detach().numpy(), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("size", "expected"), [(7, 4), (8, 4), (1, 1)])
def test_later_pools_round_up(size: int, expected: int) -> None:
    x = torch.arange(size, dtype=torch.float32).expand(1, 1, size, size, size)
    y = SamePool(2)(x)
    assert y.shape[2:] == (expected,) * 3
    assert y[0, 0, 0, 0].tolist() == [float(min(2 * place + 1, size - 1)) for place in range(expected)]


@pytest.mark.parametrize("frames", [8, 9, 16])
def test_any_clip_from_the_smallest_on(frames: int) -> None:
    network = MSN(27, (3,), 0.03125, 0.1)
    assert network(torch.randn(2, 3, frames, 32, 48)).shape == (2, network.features)


def test_a_gradient_reaches_every_weight() -> None:
    network = build(MODEL, Regression(), seed=0)
    network(torch.randn(2, 3, 8, 32, 32)).sum().backward()
    without = [name for name, weight in network.named_parameters() if weight.grad is None or not weight.grad.any()]
    assert without == []
