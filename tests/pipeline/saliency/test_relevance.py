"""Grad-CAM against computations by hand, for every network."""

from typing import Any

import pytest
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from pipeline.models.description import Description, Target
from pipeline.nets.build import Network, build
from pipeline.nets.heads import Expectation, Recognition, Regression, RegressionHead
from pipeline.saliency.relevance import last_block, relevance
from pipeline.score_networks.scorer import Scorer
from tests.pipeline.training.material import MODEL

TARGET = Target(mean=20.0, deviation=10.0)
STAGES = ("conv2", "conv3", "conv4", "conv5")


def _build(name: str) -> Scorer:
    """Return a network with random weights, ready to estimate."""
    model = MODEL.model_copy(update={"name": name})
    if name == "resnet50":
        return Scorer(build(model, Expectation(64), seed=3), Description(model, Expectation(64), 1)).eval()
    return Scorer(build(model, Regression(), seed=3), Description(model, Regression(), 16, TARGET)).eval()


def _normalised(clips: Tensor) -> Tensor:
    """Return the input of a network for clips, by hand."""
    return (clips.float() - torch.tensor(MODEL.mean)).permute(0, 4, 1, 2, 3) * MODEL.scale


def _clips(count: int, length: int, size: int) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (count, length, size, size, 3), dtype=torch.uint8, generator=generator)


class Sum(nn.Module):
    """A network for computation by hand: its one stage is red + 2 green - blue, and its output is the mean."""

    def __init__(self) -> None:
        super().__init__()
        layer = nn.Conv3d(3, 1, 1, bias=False)
        layer.weight.data = torch.tensor([1.0, 2.0, -1.0]).reshape(1, 3, 1, 1, 1)
        self.layer = layer
        self.last_blocks = {"conv5": layer}

    def forward(self, x: Float[Tensor, "batch 3 time height width"]) -> Float[Tensor, "batch 1"]:
        return self.layer(x).mean(dim=(2, 3, 4))


def test_by_hand() -> None:
    model = MODEL.model_copy(update={"mean": (0.0, 0.0, 0.0), "scale": 0.5})
    clips = torch.zeros(1, 2, 2, 2, 3, dtype=torch.uint8)
    clips[0, 0, 1, 0, 0] = 40  # red at one position of the first frame
    clips[0, 1, 0, 1, 2] = 80  # blue at one position of the last frame
    description = Description(model, Regression(), 2, TARGET)
    scorer = Scorer(Network(Sum(), nn.Identity()), description).eval()
    maps, estimates = relevance(scorer, clips, "conv5")
    expected = torch.zeros(1, 2, 2, 2)
    expected[0, 0, 1, 0] = 40 * 0.5 * 1 / 8 * 10  # value x scale x weight / positions x points
    expected[0, 1, 0, 1] = 80 * 0.5 * -1 / 8 * 10  # relevance that lowers the score keeps its sign
    assert torch.allclose(maps, expected)
    assert estimates.tolist() == pytest.approx([20 + (40 * 0.5 - 80 * 0.5) / 8 * 10])


@pytest.mark.parametrize(("name", "positions"), [("msn", 1 * 2 * 2), ("i3d", 1 * 1 * 1)])
def test_relevance_before_the_average_pool_adds_up_to_gradient_times_features(name: str, positions: int) -> None:
    scorer, clips = _build(name), _clips(2, 8, 32)
    network = scorer.network
    with torch.no_grad():
        features = network.backbone(_normalised(clips))
    features.requires_grad_()
    network.head(features).sum().backward()
    assert features.grad is not None
    expected = 10 * (features.grad * features.detach()).sum(dim=1)
    maps, _ = relevance(scorer, clips, "conv5")
    assert maps.shape == (2, 8, 32, 32)
    # Linear upsampling by an integer factor keeps the mean, which is the sum over the number of positions.
    assert torch.allclose(maps.mean(dim=(1, 2, 3)) * positions, expected, rtol=1e-4, atol=1e-6)
    assert float(expected.abs().min()) > 0


def test_the_relevance_of_a_network_of_single_frames_adds_up_to_gradient_times_features() -> None:
    scorer, clips = _build("resnet50"), _clips(2, 1, 64)
    network = scorer.network
    with torch.no_grad():
        features = network.backbone(_normalised(clips))
    features.requires_grad_()
    expected_scores = (network.head(features).softmax(dim=1) * torch.arange(64.0)).sum(dim=1)
    expected_scores.sum().backward()
    assert features.grad is not None
    expected = (features.grad * features.detach()).sum(dim=1)
    maps, estimates = relevance(scorer, clips, "conv5")
    assert maps.shape == (2, 1, 64, 64)
    assert torch.allclose(maps.mean(dim=(1, 2, 3)) * 2 * 2, expected, rtol=1e-4, atol=1e-6)
    assert torch.allclose(estimates, expected_scores.detach(), rtol=1e-4)
    assert float(expected.abs().min()) > 0


def test_each_frame_is_explained_by_itself() -> None:
    scorer, clips = _build("resnet50"), _clips(3, 1, 64)
    maps, estimates = relevance(scorer, clips, "conv4")
    for number in range(3):
        alone, estimate = relevance(scorer, clips[number : number + 1], "conv4")
        assert torch.allclose(maps[number], alone[0], rtol=1e-4, atol=2e-6)  # values up to 0.4
        assert torch.allclose(estimates[number], estimate[0])
    assert not torch.allclose(maps[0], maps[1], rtol=1e-2)


def test_c3d_against_its_own_layers() -> None:
    scorer, clips = _build("c3d"), _clips(1, 16, 112)
    backbone: Any = scorer.network.backbone
    layers = [layer for stage in backbone.stages for layer in stage]
    x = _normalised(clips)
    for layer in layers[:-1]:  # all but the last pool: the map is taken before it
        x = layer(x)
    channels = x.detach().requires_grad_()
    pooled = functional.max_pool3d(channels, 2, padding=(0, 1, 1)).flatten(1)
    (10 * scorer.network.head(backbone.full(pooled))).sum().backward()
    assert channels.grad is not None
    weights = channels.grad.mean(dim=(2, 3, 4), keepdim=True)
    coarse = (weights * channels.detach()).sum(dim=1, keepdim=True)  # 2 x 7 x 7
    expected = functional.interpolate(coarse, (16, 112, 112), mode="trilinear")[:, 0]
    maps, _ = relevance(scorer, clips, "conv5")
    assert torch.allclose(maps, expected, rtol=1e-4, atol=1e-7)
    assert float(expected.abs().max()) > 0


@pytest.mark.parametrize("name", ["msn", "c3d", "i3d", "resnet50"])
def test_every_stage_of_every_network(name: str) -> None:
    scorer, clips = _build(name), _clips(1, 1 if name == "resnet50" else 16, 112)
    for stage in STAGES:
        maps, estimates = relevance(scorer, clips, stage)
        assert maps.shape == clips.shape[:4]
        assert bool(maps.isfinite().all())
        assert float(maps.abs().max()) > 0
    with torch.no_grad():
        outputs = scorer.network(_normalised(clips))
    levels = torch.arange(64.0)
    expected = (outputs.softmax(dim=1) * levels).sum(dim=1) if name == "resnet50" else outputs[:, 0] * 10 + 20
    assert torch.allclose(estimates, expected, rtol=1e-4)
    assert all(parameter.grad is None for parameter in scorer.parameters())


def test_relevance_leaves_the_network_unchanged() -> None:
    scorer = _build("msn")
    clips, before = _clips(1, 8, 32), {name: value.clone() for name, value in scorer.state_dict().items()}
    first, _ = relevance(scorer, clips, "conv4")
    with torch.inference_mode(False), torch.no_grad():  # the caller may have disabled gradients
        second, _ = relevance(scorer, clips, "conv4")
    assert torch.equal(first, second)
    assert all(torch.equal(before[name], value) for name, value in scorer.state_dict().items())
    assert not [hook for module in scorer.modules() for hook in module._forward_hooks]


def test_last_blocks_are_not_pools() -> None:
    backbones: dict[str, Any] = {name: _build(name).network.backbone for name in ("msn", "c3d", "i3d", "resnet50")}
    for name, offset in (("msn", 1), ("c3d", 0), ("i3d", 0)):  # MSN's conv1 is not a stage
        stages = backbones[name].stages
        for number in (4, 5):
            expected = stages[number - 1 - offset][-2 if name == "c3d" else -1]
            assert backbones[name].last_blocks[f"conv{number}"] is expected
    kinds = {
        name: {type(block).__name__ for block in backbone.last_blocks.values()} for name, backbone in backbones.items()
    }
    assert kinds == {
        "msn": {"Block"},
        "c3d": {"ReLU"},
        "i3d": {"Convolution", "Mixed"},
        "resnet50": {"Bottleneck"},
    }
    network = _build("msn").network
    assert last_block(network, "conv5") is network.backbone.last_blocks["conv5"]  # type: ignore[index]


def test_unknown_stage_training_mode_and_other_heads_are_refused() -> None:
    for name, clips in (("msn", _clips(1, 8, 32)), ("resnet50", _clips(1, 1, 32))):
        with pytest.raises(
            ValueError, match=r"explain\.stage is conv1; allowed for this network: conv2, conv3, conv4, conv5"
        ):
            relevance(_build(name), clips, "conv1")
        with pytest.raises(ValueError, match="in evaluation mode"):
            relevance(_build(name).train(), clips, "conv5")
    recogniser = build(MODEL, Recognition(3), seed=3)
    with pytest.raises(ValueError, match="these weights estimate no score"):
        Scorer(recogniser, Description(MODEL, Recognition(3), 8))
    with pytest.raises(ValueError, match="does not say how long its clips are"):
        Scorer(build(MODEL, Regression(), seed=3), Description(MODEL, Regression(), None, TARGET))


def test_head_with_zero_weights_gives_zero_relevance() -> None:
    scorer = _build("msn")
    assert isinstance(scorer.network.head, RegressionHead)
    nn.init.zeros_(scorer.network.head.last.weight)
    maps, estimates = relevance(scorer, _clips(1, 8, 32), "conv5")
    assert float(maps.abs().max()) == 0
    assert estimates.tolist() == [20.0]
