"""Building by name, heads, and first weights."""

import math
from typing import get_args

import pytest
import torch
from torch import nn

from pipeline.nets.build import BACKBONES, build
from pipeline.nets.heads import HIDDEN, Recognition, Regression
from pipeline.nets.msn import Block
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
    eased = {block.shortcut.convolution for block in _blocks(network)}
    checked = 0
    for layer in network.modules():
        if isinstance(layer, nn.Conv3d | nn.Linear) and layer.weight.numel() > 2000 and layer not in eased:
            wanted = math.sqrt(2 / layer.weight[0].numel())
            assert layer.weight.std().item() == pytest.approx(wanted, rel=0.1)
            checked += 1
    assert checked > 20
    last = network.head.last
    assert isinstance(last, nn.Linear)
    assert last.weight.std().item() == pytest.approx(math.sqrt(1 / 512), rel=0.15)
    assert not last.bias.any()


def _blocks(network: nn.Module) -> list[Block]:
    return [layer for layer in network.modules() if isinstance(layer, Block)]


def test_a_block_begins_near_the_identity() -> None:
    """A rectified normal, as a block hands it on: its shortcut gives it back over its deviation of 0.584.

    The mean of a rectified normal is 1 / sqrt(2 pi) = 0.399 and its variance 1/2 - 1/(2 pi) = 0.341.
    """
    network = build(MODEL.model_copy(update={"width": 0.25}), Regression(), seed=0)
    changing, keeping = _blocks(network)[:2]
    assert changing.shortcut.convolution.in_channels == 16 and keeping.shortcut.convolution.in_channels == 32
    x = torch.randn(4, 32, 8, 14, 14, generator=torch.Generator().manual_seed(0)).relu()
    passed = keeping.shortcut(x)
    apart = passed - x / 0.584
    assert apart.abs().max() < 0.05 * passed.max() and apart.mean().abs() < 0.01  # 6,272 numbers a channel: 1 % or so
    assert (keeping(x) - passed).std() < 0.3 * passed.std()  # what the branch adds, and the ReLU takes
    weights = changing.shortcut.convolution.weight
    assert weights.std().item() == pytest.approx(math.sqrt(2 / 16), rel=0.1)
    assert not changing.shortcut.norm.bias.any()


@pytest.mark.parametrize("depth", [27, 99])
def test_nothing_vanishes_or_explodes_at_any_depth(depth: int) -> None:
    """The scale of every stage, and of the gradient from the last block to conv1.

    A block of He's weights alone would let the gradient grow 1.5-fold, at depth 99 some 100,000-fold in all.
    """
    network = build(MODEL.model_copy(update={"depth": depth, "dropout": 0.0}), Regression(), seed=0)
    found = []
    for stage in network.backbone.stages:  # type: ignore[union-attr]
        stage.register_forward_hook(lambda _, __, output: found.append(output.std().item()))
    outputs = network(torch.randn(4, 3, 8, 32, 32, generator=torch.Generator().manual_seed(0)))
    assert len(found) == 4 and all(0.5 < deviation < 2 for deviation in found)
    assert 1e-2 < outputs.std().item() < 10
    outputs.square().mean().backward()
    blocks = [block.first.convolution.weight.grad for block in _blocks(network)]
    stem = network.backbone.stem[0].convolution.weight.grad  # type: ignore[union-attr, index]
    sizes = [gradient.norm().item() for gradient in (stem, *blocks) if gradient is not None]
    assert len(sizes) == len(blocks) + 1
    assert 1 < sizes[0] / sizes[-1] < 1000
    assert max(sizes) / min(sizes) < 1000


def test_depth_99_pretrains_from_its_first_steps_on() -> None:
    """SGD at the paper's rate, which takes gradients as large as they are: conv1 is not swept away."""
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


def test_depth_99_fine_tunes_from_its_first_steps_on() -> None:
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
