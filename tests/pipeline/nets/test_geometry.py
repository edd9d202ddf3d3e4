"""Every whole network against a slow reference, written from its paper and its authors' code."""

import numpy as np
import pytest
import torch

from pipeline.nets.build import build
from pipeline.nets.heads import Regression
from tests.pipeline.nets.slow import (
    Array,
    Weights,
    batch_norm,
    conv_norm_relu,
    convolve,
    linear,
    max_pool,
    randomise_weights,
    same_padding,
)
from tests.pipeline.training.material import MODEL

STRIDE_2 = (2, 2, 2)
TOLERANCE = 1e-8  # relative, in double precision


def msn(x: Array, weights: Weights) -> Array:
    """MSN-27 with kernels 3 and 5; each stage has two blocks."""
    x = max_pool(conv_norm_relu(x, weights, "backbone.stem.0", (1, 2, 2)), (3, 3, 3), STRIDE_2)
    for stage in range(4):
        numbers = [0, 1]
        if stage >= 2:
            x, numbers = max_pool(x, STRIDE_2, STRIDE_2), [1, 2]
        for number in numbers:
            name = f"backbone.stages.{stage}.{number}"
            first = conv_norm_relu(x, weights, f"{name}.first")
            branches = []
            for branch, kernel in enumerate((3, 5) if stage < 2 else (3,)):
                weight = weights[f"{name}.parallel.{branch}.weight"]
                assert weight.shape[2:] == (kernel,) * 3
                branches.append(convolve(first, weight, same_padding(first.shape[1:], (kernel,) * 3, (1, 1, 1))))
            middle = np.maximum(batch_norm(np.concatenate(branches), weights, f"{name}.norm"), 0)
            last = conv_norm_relu(middle, weights, f"{name}.last", relu=False)
            x = np.maximum(last + conv_norm_relu(x, weights, f"{name}.shortcut", relu=False), 0)
    return _head(x.mean((1, 2, 3)), weights)


def i3d(x: Array, weights: Weights) -> Array:
    """I3D: stages 0 conv1, 1 conv2, 2 to 4 mixed 3 to 5; every stage except conv1 begins with a pool."""
    x = conv_norm_relu(x, weights, "backbone.stages.0.0", (2, 2, 2))
    x = max_pool(x, (1, 3, 3), (1, 2, 2))
    x = conv_norm_relu(conv_norm_relu(x, weights, "backbone.stages.1.1"), weights, "backbone.stages.1.2")
    for stage, pool, modules in (
        ((2), ((1, 3, 3), (1, 2, 2)), 2),
        (3, ((3, 3, 3), STRIDE_2), 5),
        (4, (STRIDE_2, STRIDE_2), 2),
    ):
        x = max_pool(x, *pool)
        for number in range(1, modules + 1):
            name = f"backbone.stages.{stage}.{number}"
            two = conv_norm_relu(conv_norm_relu(x, weights, f"{name}.two.0"), weights, f"{name}.two.1")
            three = conv_norm_relu(conv_norm_relu(x, weights, f"{name}.three.0"), weights, f"{name}.three.1")
            last = conv_norm_relu(max_pool(x, (3, 3, 3), (1, 1, 1)), weights, f"{name}.pooled.1")
            x = np.concatenate([conv_norm_relu(x, weights, f"{name}.one"), two, three, last])
    return _head(x.mean((1, 2, 3)), weights)


def c3d(x: Array, weights: Weights) -> Array:
    """C3D: convolutions have biases and no norms; pools round down, and only the last is padded, in space."""
    for stage, convolutions in enumerate((1, 1, 2, 2, 2)):
        for number in range(convolutions):
            name = f"backbone.stages.{stage}.{2 * number}"
            x = convolve(x, weights[f"{name}.weight"], [(1, 1)] * 3)
            x = np.maximum(x + weights[f"{name}.bias"][:, None, None, None], 0)
        window = (1, 2, 2) if stage == 0 else STRIDE_2
        x = max_pool(x, window, window, [(0, 0), (1, 1), (1, 1)] if stage == 4 else [(0, 0)] * 3)
    x = x.ravel()
    for name in ("backbone.full.0", "backbone.full.3"):
        x = np.maximum(linear(x, weights, name), 0)
    return linear(x, weights, "head.last")


def _head(x: Array, weights: Weights) -> Array:
    for name in ("head.layers.0", "head.layers.3"):
        x = np.maximum(linear(x, weights, name), 0)
    return linear(x, weights, "head.last")


@pytest.mark.parametrize(
    ("name", "slow", "width", "size"),
    [
        ("msn", msn, 0.03125, (8, 32, 48)),
        ("msn", msn, 0.03125, (9, 33, 30)),
        ("i3d", i3d, 0.03125, (8, 32, 48)),
        ("i3d", i3d, 0.03125, (11, 45, 38)),
        ("c3d", c3d, 0.015625, (16, 96, 112)),
    ],
)
def test_network_equals_slow_reference(name: str, slow: object, width: float, size: tuple[int, ...]) -> None:
    assert callable(slow)
    model = MODEL.model_copy(update={"name": name, "width": width, "kernels": (3, 5)})
    network = build(model, Regression(), seed=0)
    weights = randomise_weights(network)
    x = torch.randn(1, 3, *size, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        output, changed = network(x)[0].numpy(), network(x.flip(2) + 0.5)[0].numpy()
    np.testing.assert_allclose(output, slow(x[0].numpy(), weights), rtol=TOLERANCE)
    assert abs(changed - output) > 1e-2 * abs(output)  # the output depends on the input, else agreement means nothing
