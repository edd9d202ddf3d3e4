"""MSN against the table and the parameter counts of its paper."""

import pytest
import torch
from torch import nn

from pipeline.nets.build import build
from pipeline.nets.heads import Regression
from pipeline.nets.msn import BLOCKS, MSN, Block
from tests.pipeline.training.material import MODEL

EPSILON = 1e-3


def _millions_of_parameters(depth: int, kernels: tuple[int, ...]) -> float:
    model = MODEL.model_copy(update={"depth": depth, "kernels": kernels, "width": 1.0})
    with torch.device("meta"):
        network = build(model, Regression())
    return round(sum(weight.numel() for weight in network.parameters()) / 1e6, 3)


@pytest.mark.parametrize(("depth", "millions"), [(27, 33.072), (36, 50.035), (51, 60.790), (69, 77.717), (99, 105.928)])
def test_parameter_counts_by_depth(depth: int, millions: float) -> None:
    assert _millions_of_parameters(depth, (3, 5, 7)) == millions


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
def test_parameter_counts_by_kernel_set_at_depth_69(kernels: tuple[int, ...], millions: float) -> None:
    assert _millions_of_parameters(69, kernels) == millions


@pytest.mark.parametrize(
    ("depth", "layers"), [(27, 27), (36, 39), (51, 51), (69, 69), (99, 99)]
)  # the paper counts 36 for the second
def test_layers_on_the_longest_path(depth: int, layers: int) -> None:
    assert 1 + 3 * sum(BLOCKS[depth]) + 2 == layers
    with torch.device("meta"):
        network = MSN(depth, (3,), 1.0, 0.01)
    convolutions = [name for name, layer in network.named_modules() if isinstance(layer, nn.Conv3d)]
    assert len([name for name in convolutions if "shortcut" not in name]) == layers - 2  # and two FC layers


def test_output_sizes_of_table_1() -> None:
    sizes = []
    with torch.device("meta"):
        network = MSN(69, (3, 5, 7), 1.0, 0.01)
        for module in (network.stem[0], network.stem, *network.stages):
            module.register_forward_hook(lambda _, __, output: sizes.append(tuple(output.shape[1:])))
        assert network(torch.empty(2, 3, 16, 112, 112)).shape == (2, 1024)
    assert sizes == [
        (64, 16, 56, 56),
        (64, 8, 28, 28),
        (128, 8, 28, 28),
        (256, 8, 28, 28),
        (512, 4, 14, 14),
        (1024, 2, 7, 7),
    ]


def test_kernels_of_each_stage() -> None:
    with torch.device("meta"):
        network = MSN(27, (3, 7), 1.0, 0.01)
    blocks = [layer for layer in network.modules() if isinstance(layer, Block)]
    kernels = [[layer.kernel_size for layer in block.parallel if isinstance(layer, nn.Conv3d)] for block in blocks]
    assert kernels == [[(3, 3, 3), (7, 7, 7)]] * 4 + [[(3, 3, 3)]] * 4
    for block in blocks:
        assert block.first.convolution.kernel_size == block.last.convolution.kernel_size == (3, 1, 1)
        assert block.shortcut.convolution.kernel_size == (1, 1, 1)


def test_no_biases_and_batch_norm_settings() -> None:
    with torch.device("meta"):
        network = MSN(51, (3, 5, 7), 1.0, 0.07)
    for layer in network.modules():
        if isinstance(layer, nn.Conv3d):
            assert layer.bias is None
        if isinstance(layer, nn.BatchNorm3d):
            assert (layer.eps, layer.momentum, layer.affine) == (EPSILON, 0.07, True)


@pytest.mark.parametrize("frames", [8, 9, 16])
def test_clips_of_8_frames_or_more(frames: int) -> None:
    network = MSN(27, (3,), 0.03125, 0.1)
    assert network(torch.randn(2, 3, frames, 32, 48)).shape == (2, network.features)


def test_every_weight_gets_a_gradient() -> None:
    network = build(MODEL, Regression(), seed=0)
    network(torch.randn(2, 3, 8, 32, 32)).sum().backward()
    without_gradient = [
        name for name, weight in network.named_parameters() if weight.grad is None or not weight.grad.any()
    ]
    assert without_gradient == []
