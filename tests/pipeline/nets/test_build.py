"""Building by name, heads, and first weights."""

import math
from typing import get_args

import pytest
import torch
from torch import nn

from pipeline.nets.build import BACKBONES, build
from pipeline.nets.heads import HIDDEN, Recognition, Regression
from pipeline.params import Model
from tests.pipeline.training.material import MODEL


def test_every_name_that_params_allow_has_a_builder() -> None:
    assert set(get_args(Model.model_fields["name"].annotation)) == set(BACKBONES)


def test_the_regression_head_is_as_in_table_1_at_any_width() -> None:
    network = build(MODEL, Regression())
    linear = [layer for layer in network.head.modules() if isinstance(layer, nn.Linear)]
    assert [(layer.in_features, layer.out_features) for layer in linear] == [(32, HIDDEN), (512, 512), (512, 1)]
    kinds = [type(layer).__name__ for layer in network.head.modules() if not list(layer.children())]
    assert kinds == ["Linear", "ReLU", "Dropout", "Linear", "ReLU", "Dropout", "Linear"]
    assert [layer.p for layer in network.modules() if isinstance(layer, nn.Dropout)] == [0.5, 0.5]


def test_the_recognition_head_is_one_linear_layer() -> None:
    network = build(MODEL, Recognition(7))
    assert network(torch.zeros(1, 3, 8, 32, 32)).shape == (1, 7)
    assert [name for name, _ in network.head.named_parameters()] == ["last.weight", "last.bias"]


def test_one_identity_is_nothing_to_recognise() -> None:
    with pytest.raises(ValueError, match="1 identities; allowed: at least 2"):
        Recognition(1)


def test_first_weights_come_from_the_seed_alone() -> None:
    first, again, other = (build(MODEL, Regression(), seed=seed).state_dict() for seed in (5, 5, 6))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["backbone.stem.0.convolution.weight"], other["backbone.stem.0.convolution.weight"])


def test_first_weights_follow_he() -> None:
    network = build(MODEL.model_copy(update={"width": 0.25}), Regression(), seed=0)
    checked = 0
    for layer in network.modules():
        if isinstance(layer, nn.Conv3d | nn.Linear) and layer.weight.numel() > 2000:
            wanted = math.sqrt(2 / layer.weight[0].numel())
            assert layer.weight.std().item() == pytest.approx(wanted, rel=0.1)
            checked += 1
    assert checked > 20
    last = network.head.last
    assert isinstance(last, nn.Linear)
    assert last.weight.std().item() == pytest.approx(math.sqrt(1 / 512), rel=0.15)
    assert not last.bias.any()


def test_depth_99_neither_vanishes_nor_explodes() -> None:
    network = build(MODEL.model_copy(update={"depth": 99, "dropout": 0.0}), Regression(), seed=0)
    found = []
    for stage in network.backbone.stages:  # type: ignore[union-attr]
        stage.register_forward_hook(lambda _, __, output: found.append(output.std().item()))
    outputs = network(torch.randn(4, 3, 8, 32, 32, generator=torch.Generator().manual_seed(0)))
    assert all(0.2 < deviation < 5 for deviation in found)
    assert 1e-2 < outputs.std().item() < 1e2
    outputs.square().mean().backward()
    first, last = (
        weight.grad.norm().item()
        for name, weight in network.named_parameters()
        if name in ("backbone.stem.0.convolution.weight", "backbone.stages.3.2.last.convolution.weight")
        and weight.grad is not None
    )
    assert 1.0 < (first / last) ** (1 / 32) < 1.8  # a block: it grows, as said in `initialise`, but no faster


def test_depth_99_learns_from_its_first_steps_on() -> None:
    """Adam at the paper's rate on eight clips: finite, never far above where it began, and lower in the end."""
    network = build(MODEL.model_copy(update={"depth": 99, "dropout": 0.0}), Regression(), seed=0).train()
    generator = torch.Generator().manual_seed(0)
    clips, targets = torch.randn(8, 3, 8, 32, 32, generator=generator), torch.randn(8, 1, generator=generator)
    optimiser = torch.optim.Adam(network.parameters(), 1e-4)
    losses = []
    for _ in range(20):
        optimiser.zero_grad()
        loss = (network(clips) - targets).square().mean()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert all(math.isfinite(loss) for loss in losses)
    assert max(losses) < 4 * losses[0]
    assert sum(losses[-5:]) / 5 < 0.9 * losses[0]
    weight = network.backbone.stem[0].convolution.weight  # type: ignore[union-attr, index]
    assert weight.grad is not None and weight.grad.norm() > 1e-6
