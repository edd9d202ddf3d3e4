"""Counted costs against independently computed numbers, and against layers counted by hand."""

import pytest

from pipeline.complexity.count import Cost, cost_of
from pipeline.nets.build import build
from pipeline.nets.heads import Expectation, Regression
from tests.pipeline.training.material import MODEL


def _cost(name: str = "msn", depth: int = 69, kernels: tuple[int, ...] = (3, 5, 7), frames: int = 16) -> Cost:
    model = MODEL.model_copy(update={"name": name, "depth": depth, "kernels": kernels, "width": 1.0})
    return cost_of(lambda: (build(model, Regression()), frames), 112)


@pytest.mark.parametrize(("depth", "gflop"), [(27, 90.0), (36, 132.5), (51, 174.5), (69, 201.0), (99, 245.2)])
def test_flop_by_depth(depth: int, gflop: float) -> None:
    assert round(2 * _cost(depth=depth).macs / 1e9, 1) == gflop


@pytest.mark.parametrize(
    ("kernels", "gflop"),
    [
        ((3,), 80.9),
        ((3, 5), 114.4),
        ((3, 7), 167.6),
        ((3, 5, 9), 295.2),
        ((3, 5, 11), 442.1),
        ((3, 7, 9), 348.4),
        ((3, 7, 11), 495.4),
        ((3, 5, 7, 9), 381.9),
    ],
)
def test_flop_by_kernel_set(kernels: tuple[int, ...], gflop: float) -> None:
    assert round(2 * _cost(kernels=kernels).macs / 1e9, 1) == gflop


def test_c3d_by_hand() -> None:
    """Output positions x output channels x input channels x 27 for each convolution, then three linear layers."""
    convolutions = [
        (16 * 112 * 112, 3, 64),
        (16 * 56 * 56, 64, 128),
        (8 * 28 * 28, 128, 256),
        (8 * 28 * 28, 256, 256),
        (4 * 14 * 14, 256, 512),
        (4 * 14 * 14, 512, 512),
        (2 * 7 * 7, 512, 512),
        (2 * 7 * 7, 512, 512),
    ]
    by_hand = sum(positions * inputs * outputs * 27 for positions, inputs, outputs in convolutions)
    assert _cost("c3d") == Cost(32_113_921, by_hand + 8192 * 512 + 512 * 512 + 512)


def test_resnet50_by_hand() -> None:
    """Output positions x output channels x input channels x taps for each convolution, then the head for 64 scores."""
    macs, parameters = 56 * 56 * 64 * 3 * 49, 64 * 3 * 49 + 2 * 64
    inputs = 64
    for inner, blocks, side_before, side in ((64, 3, 28, 28), (128, 4, 28, 14), (256, 6, 14, 7), (512, 3, 7, 4)):
        for block in range(blocks):
            outer = 4 * inner
            reduced, grown = inputs * inner, inner * outer
            shortcut = inputs * outer if block == 0 else 0
            macs += (side_before if block == 0 else side) ** 2 * reduced
            macs += side**2 * (9 * inner * inner + grown + shortcut)
            parameters += reduced + 9 * inner * inner + grown + shortcut
            parameters += 2 * (inner + inner + outer + (outer if block == 0 else 0))  # batch norms
            inputs = outer
    assert parameters == 25_557_032 - 1000 * 2049  # torchvision's, without its head
    model = MODEL.model_copy(update={"name": "resnet50", "width": 1.0})
    cost = cost_of(lambda: (build(model, Expectation(64)), 1), 112)
    assert cost == Cost(parameters + 64 * 2049, macs + 64 * 2048)


def test_cost_without_the_head_is_proportional_to_the_frames() -> None:
    head = 1024 * 512 + 512 * 512 + 512
    assert _cost("i3d", frames=32).macs - head == 2 * (_cost("i3d").macs - head)


def test_clips_that_the_network_does_not_accept_are_refused() -> None:
    with pytest.raises(ValueError, match="C3D was given clips of 8 frames"):
        _cost("c3d", frames=8)
    with pytest.raises(ValueError, match="ResNet-50 was given clips of 16 frames; allowed: 1"):
        _cost("resnet50")
