"""Networks by name, their heads, and their initial weights."""

import math
from typing import get_args

import pytest
import torch
from torch import nn

from pipeline.nets.build import BACKBONES, build
from pipeline.nets.heads import HIDDEN, Recognition, Regression
from pipeline.nets.msn import Block
from pipeline.params.network import Model
from tests.pipeline.training.material import MODEL


def test_every_allowed_model_name_has_a_builder() -> None:
    assert set(get_args(Model.model_fields["name"].annotation)) == set(BACKBONES)


def test_regression_head_is_as_in_table_1_at_any_width() -> None:
    network = build(MODEL, Regression())
    linear_layers = [layer for layer in network.head.modules() if isinstance(layer, nn.Linear)]
    assert [(layer.in_features, layer.out_features) for layer in linear_layers] == [(32, HIDDEN), (512, 512), (512, 1)]
    kinds = [type(layer).__name__ for layer in network.head.modules() if not list(layer.children())]
    assert kinds == ["Linear", "ReLU", "Dropout", "Linear", "ReLU", "Dropout", "Linear"]
    assert [layer.p for layer in network.modules() if isinstance(layer, nn.Dropout)] == [0.5, 0.5]


def test_recognition_head_is_one_linear_layer() -> None:
    network = build(MODEL, Recognition(7))
    assert network(torch.zeros(1, 3, 8, 32, 32)).shape == (1, 7)
    assert [name for name, _ in network.head.named_parameters()] == ["last.weight", "last.bias"]


def test_recognition_of_one_identity_is_refused() -> None:
    with pytest.raises(ValueError, match="1 identities; allowed: at least 2"):
        Recognition(1)


def test_initial_weights_depend_on_the_seed_alone() -> None:
    weights, repeated, different = (build(MODEL, Regression(), seed=seed).state_dict() for seed in (5, 5, 6))
    assert all(torch.equal(weights[name], repeated[name]) for name in weights)
    assert not torch.equal(
        weights["backbone.stem.0.convolution.weight"], different["backbone.stem.0.convolution.weight"]
    )


def test_initial_weights_are_he_normal() -> None:
    network = build(MODEL.model_copy(update={"width": 0.25}), Regression(), seed=0)
    shortcuts = {block.shortcut.convolution for block in _blocks(network)}
    checked = 0
    for layer in network.modules():
        if isinstance(layer, nn.Conv3d | nn.Linear) and layer.weight.numel() > 2000 and layer not in shortcuts:
            expected = math.sqrt(2 / layer.weight[0].numel())
            assert layer.weight.std().item() == pytest.approx(expected, rel=0.1)
            checked += 1
    assert checked > 20
    last = network.head.last
    assert isinstance(last, nn.Linear)
    assert last.weight.std().item() == pytest.approx(math.sqrt(1 / 512), rel=0.15)
    assert not last.bias.any()


def test_initial_weights_of_c3d_have_the_variance_of_one_over_fan_in() -> None:
    network = build(MODEL.model_copy(update={"name": "c3d", "width": 0.25}), Recognition(100), seed=0)
    layers = [layer for layer in network.modules() if isinstance(layer, nn.Conv3d | nn.Linear)]
    assert len(layers) == 11
    for layer in layers:
        assert layer.weight.std().item() == pytest.approx(math.sqrt(1 / layer.weight[0].numel()), rel=0.1)
        assert layer.bias is not None and not layer.bias.any()


def _blocks(network: nn.Module) -> list[Block]:
    return [layer for layer in network.modules() if isinstance(layer, Block)]


def test_blocks_start_near_the_identity() -> None:
    """For a rectified normal, as a block outputs it, the shortcut outputs the input over its deviation of 0.584.

    The mean of a rectified normal is 1 / sqrt(2 pi) = 0.399 and its variance 1/2 - 1/(2 pi) = 0.341.
    """
    network = build(MODEL.model_copy(update={"width": 0.25}), Regression(), seed=0)
    widening, same_width = _blocks(network)[:2]
    assert widening.shortcut.convolution.in_channels == 16 and same_width.shortcut.convolution.in_channels == 32
    x = torch.randn(4, 32, 8, 14, 14, generator=torch.Generator().manual_seed(0)).relu()
    shortcut = same_width.shortcut(x)
    difference = shortcut - x / 0.584
    # The means of the 6,272 values in each channel differ by about 1 %.
    assert difference.abs().max() < 0.05 * shortcut.max() and difference.mean().abs() < 0.01
    assert (same_width(x) - shortcut).std() < 0.3 * shortcut.std()  # what the branch adds and the ReLU cuts off
    weights = widening.shortcut.convolution.weight
    assert weights.std().item() == pytest.approx(math.sqrt(2 / 16), rel=0.1)
    assert not widening.shortcut.norm.bias.any()


@pytest.mark.parametrize("depth", [27, 99])
def test_activations_and_gradients_keep_their_scale_at_any_depth(depth: int) -> None:
    """The scales of each stage's output and of the gradients from the last block to conv1 are bounded.

    With He's weights alone the gradient would grow 1.5-fold in each block, at depth 99 about 100,000-fold in all.
    """
    network = build(MODEL.model_copy(update={"depth": depth, "dropout": 0.0}), Regression(), seed=0)
    deviations = []
    for stage in network.backbone.stages:  # type: ignore[union-attr]
        stage.register_forward_hook(lambda _, __, output: deviations.append(output.std().item()))
    outputs = network(torch.randn(4, 3, 8, 32, 32, generator=torch.Generator().manual_seed(0)))
    assert len(deviations) == 4 and all(0.5 < deviation < 2 for deviation in deviations)
    assert 1e-2 < outputs.std().item() < 10
    outputs.square().mean().backward()
    blocks = [block.first.convolution.weight.grad for block in _blocks(network)]
    stem = network.backbone.stem[0].convolution.weight.grad  # type: ignore[union-attr, index]
    norms = [gradient.norm().item() for gradient in (stem, *blocks) if gradient is not None]
    assert len(norms) == len(blocks) + 1
    assert 1 < norms[0] / norms[-1] < 1000
    assert max(norms) / min(norms) < 1000


def test_depth_99_learns_from_the_first_steps_of_pretraining() -> None:
    """With SGD at the paper's learning rate, the loss falls and conv1 stays at its scale."""
    network = build(MODEL.model_copy(update={"depth": 99}), Recognition(4), seed=0)
    generator = torch.Generator().manual_seed(0)
    clips, labels = torch.randn(8, 3, 8, 32, 32, generator=generator), torch.arange(8) % 4
    optimiser = torch.optim.SGD(network.parameters(), 0.01, momentum=0.9, weight_decay=1e-4)
    weight = network.backbone.stem[0].convolution.weight  # type: ignore[union-attr, index]
    before = weight.detach().clone()
    losses = []
    for _ in range(12):
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(network(clips), labels)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert 1e-3 < (weight.detach() - before).norm() / before.norm() < 20
    assert losses[-1] < 0.5 * losses[0]


def test_depth_99_learns_from_the_first_steps_of_fine_tuning() -> None:
    """With Adam at the paper's learning rate on eight clips, the loss stays finite and bounded, and falls."""
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
