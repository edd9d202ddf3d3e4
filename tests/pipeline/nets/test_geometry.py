"""Every network, whole, against a slow computation of what its paper and its authors' code say."""

import numpy as np
import pytest
import torch

from pipeline.nets.build import build
from pipeline.nets.heads import Regression
from tests.pipeline.nets.slow import Array, Weights, convolved, linear, normalised, pooled, same, shaken, unit
from tests.pipeline.training.material import MODEL

HALF = (2, 2, 2)
ROUND = 1e-8  # what double precision may leave, relative


def msn(x: Array, weights: Weights) -> Array:
    """MSN-27 with the kernels 3 and 5; two blocks a stage."""
    x = pooled(unit(x, weights, "backbone.stem.0", (1, 2, 2)), (3, 3, 3), HALF)
    for stage in range(4):
        layers = [0, 1]
        if stage >= 2:
            x, layers = pooled(x, HALF, HALF), [1, 2]
        for number in layers:
            name = f"backbone.stages.{stage}.{number}"
            first = unit(x, weights, f"{name}.first")
            sides = []
            for side, kernel in enumerate((3, 5) if stage < 2 else (3,)):
                weight = weights[f"{name}.parallel.{side}.weight"]
                assert weight.shape[2:] == (kernel,) * 3
                sides.append(convolved(first, weight, same(first.shape[1:], (kernel,) * 3, (1, 1, 1))))
            middle = np.maximum(normalised(np.concatenate(sides), weights, f"{name}.norm"), 0)
            last = unit(middle, weights, f"{name}.last", relu=False)
            x = np.maximum(last + unit(x, weights, f"{name}.shortcut", relu=False), 0)
    return _head(x.mean((1, 2, 3)), weights)


def i3d(x: Array, weights: Weights) -> Array:
    """Names of the stages: 0 conv1, 1 conv2, 2 to 4 the mixed ones; the first layer of all but conv1 is a pool."""
    x = unit(x, weights, "backbone.stages.0.0", (2, 2, 2))
    x = pooled(x, (1, 3, 3), (1, 2, 2))
    x = unit(unit(x, weights, "backbone.stages.1.1"), weights, "backbone.stages.1.2")
    for stage, pool, modules in (((2), ((1, 3, 3), (1, 2, 2)), 2), (3, ((3, 3, 3), HALF), 5), (4, (HALF, HALF), 2)):
        x = pooled(x, *pool)
        for number in range(1, modules + 1):
            name = f"backbone.stages.{stage}.{number}"
            two = unit(unit(x, weights, f"{name}.two.0"), weights, f"{name}.two.1")
            three = unit(unit(x, weights, f"{name}.three.0"), weights, f"{name}.three.1")
            last = unit(pooled(x, (3, 3, 3), (1, 1, 1)), weights, f"{name}.pooled.1")
            x = np.concatenate([unit(x, weights, f"{name}.one"), two, three, last])
    return _head(x.mean((1, 2, 3)), weights)


def c3d(x: Array, weights: Weights) -> Array:
    """Convolutions with biases, no norms; the last pool is padded in space alone, and pools round down."""
    for stage, convolutions in enumerate((1, 1, 2, 2, 2)):
        for number in range(convolutions):
            name = f"backbone.stages.{stage}.{2 * number}"
            x = convolved(x, weights[f"{name}.weight"], [(1, 1)] * 3)
            x = np.maximum(x + weights[f"{name}.bias"][:, None, None, None], 0)
        window = (1, 2, 2) if stage == 0 else HALF
        x = pooled(x, window, window, [(0, 0), (1, 1), (1, 1)] if stage == 4 else [(0, 0)] * 3)
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
def test_a_whole_network_against_a_slow_computation(
    name: str, slow: object, width: float, size: tuple[int, ...]
) -> None:
    assert callable(slow)
    model = MODEL.model_copy(update={"name": name, "width": width, "kernels": (3, 5)})
    network = build(model, Regression(), seed=0)
    weights = shaken(network)
    x = torch.randn(1, 3, *size, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        found, other = network(x)[0].numpy(), network(x.flip(2) + 0.5)[0].numpy()
    np.testing.assert_allclose(found, slow(x[0].numpy(), weights), rtol=ROUND)
    assert abs(other - found) > 1e-2 * abs(found)  # else agreement says nothing, for the input is lost on the way
