"""The sanity checks of saliency maps: rank correlation by hand, random weights, and a map that no weight changes."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from pipeline.models.description import Description, Target
from pipeline.nets.build import BACKBONES, Network, build
from pipeline.nets.heads import LinearHead, Regression
from pipeline.saliency.random_weights import randomise_downwards
from pipeline.saliency.relevance import clip_relevance
from pipeline.saliency.sanity import (
    Likeness,
    check_sanity,
    is_alike,
    mean_by_part,
    parse_sanity,
    rank_correlation,
    verdict,
    write_sanity,
)
from pipeline.score_networks.scorer import Scorer
from tests.pipeline.saliency.material import explanation
from tests.pipeline.training.material import MODEL

CPU = torch.device("cpu")
PARTS = ["head", "conv5", "conv4", "conv3", "all"]
DESCRIPTION = Description(MODEL, Regression(), 8, Target(mean=20.0, deviation=10.0))


class Edges(nn.Module):
    """A backbone like an edge detector: its map is a Laplacian, which has no weights; they only scale it."""

    def __init__(self) -> None:
        super().__init__()
        self.edges = Laplacian()
        self.last_blocks = {"conv5": self.edges}

    def forward(self, x: Float[Tensor, "batch 3 time height width"]) -> Float[Tensor, "batch 1"]:
        return self.edges(x).mean(dim=(2, 3, 4))


class Laplacian(nn.Module):
    """The absolute Laplacian of each frame."""

    def forward(self, x: Float[Tensor, "batch 3 time height width"]) -> Float[Tensor, "batch 1 time height width"]:
        kernel = torch.tensor([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]]).expand(1, 1, 1, 3, 3)
        return functional.conv3d(x.mean(dim=1, keepdim=True), kernel, padding=(0, 1, 1)).abs()


def test_rank_correlation_by_hand() -> None:
    first = np.array([1.0, -2.0, 3.0, 4.0]).reshape(1, 2, 2)
    second = np.array([10.0, 30.0, -20.0, 40.0]).reshape(1, 2, 2)
    # ranks of the absolute values 1 2 3 4 and 1 3 2 4: 1 - 6 x (1 + 1) / (4 x 15)
    assert rank_correlation(first, second) == pytest.approx(0.8)
    assert rank_correlation(first, -5 * first) == pytest.approx(1)
    assert rank_correlation(first, np.full((1, 2, 2), -3.0)) == 0


def test_a_map_that_no_weight_changes_is_caught() -> None:
    scorer = Scorer(Network(Edges(), LinearHead(1, 1)), DESCRIPTION).eval()
    item = explanation()
    item = replace(item, relevance=clip_relevance(scorer, item.faces, "conv5", CPU)[0])
    means = mean_by_part(check_sanity(scorer, [item], CPU))
    assert means == {"head": pytest.approx(1), "all": pytest.approx(1)}
    assert is_alike(means)
    assert "do not read them as an explanation" in verdict(means)


@pytest.mark.parametrize("name", ["msn", "i3d", "resnet50"])
def test_the_lowest_part_that_is_random_goes_from_the_head_to_the_input(name: str) -> None:
    """Each step changes all convolutions and linear layers above a point, and no weight below it."""
    network = build(MODEL.model_copy(update={"name": name}), Regression(), seed=3)
    scorer = Scorer(network, DESCRIPTION).eval()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    stages = {key: block for key, block in network.backbone.last_blocks.items()}  # type: ignore[operator, union-attr]
    names = {module: key for key, module in network.named_modules()}
    parts = {}
    for part, randomised in randomise_downwards(scorer, seed=0):
        after = randomised.network.state_dict()
        parts[part] = {key for key, value in before.items() if value.ndim > 1 and not torch.equal(value, after[key])}
    assert [part for part in parts if part != "conv2"] == PARTS  # I3D also has a stage conv1
    weights = {key for key, value in before.items() if value.ndim > 1}
    assert parts["head"] == {key for key in weights if key.startswith("head.")}
    assert parts["all"] == weights
    for higher, lower in pairwise(PARTS):
        assert parts[higher] < parts[lower]
    for part, below in (("conv5", "conv4"), ("conv4", "conv3"), ("conv3", "conv2")):
        unchanged = weights - parts[part]
        last = f"{names[stages[below]]}."
        assert {key for key in weights if key.startswith(last)} <= unchanged
        assert {key for key in weights if key.startswith(f"{names[stages[part]]}.")} <= parts[part]
    assert all(torch.equal(value, network.state_dict()[key]) for key, value in before.items())


def test_draws_follow_the_seed() -> None:
    scorer = Scorer(build(MODEL, Regression(), seed=3), DESCRIPTION).eval()

    def weights(seed: int) -> Tensor:
        _, randomised = next(randomise_downwards(scorer, seed))
        return randomised.network.state_dict()["head.last.weight"].clone()

    assert torch.equal(weights(1), weights(1))
    assert not torch.equal(weights(1), weights(2))


def test_every_network_can_be_randomised() -> None:
    for name in BACKBONES:
        network = build(MODEL.model_copy(update={"name": name}), Regression(), seed=3)
        steps = [part for part, _ in randomise_downwards(Scorer(network, DESCRIPTION).eval(), seed=0)]
        assert (steps[0], steps[-1]) == ("head", "all")


def test_weights_of_an_unknown_kind_are_refused() -> None:
    backbone = Edges()
    backbone.edges.register_parameter("weight", nn.Parameter(torch.ones(1)))
    scorer = Scorer(Network(backbone, LinearHead(1, 1)), DESCRIPTION).eval()
    with pytest.raises(ValueError, match="weights of a Laplacian cannot be drawn; allowed: linear, convolution"):
        list(randomise_downwards(scorer, 0))


def test_the_table_is_read_as_it_was_written(tmp_path: Path) -> None:
    likenesses = [Likeness("head", 0, "mild", 0.25), Likeness("all", 0, "mild", -0.5), Likeness("all", 1, "mild", 0.1)]
    write_sanity(tmp_path / "sanity.csv", likenesses)
    text = (tmp_path / "sanity.csv").read_text()
    assert parse_sanity(text, "here") == likenesses
    means = mean_by_part(likenesses)
    assert means == {"head": 0.25, "all": pytest.approx(-0.2)}
    assert not is_alike(means)
    with pytest.raises(ValueError, match="here: row 2: could not convert"):
        parse_sanity(text.replace("0.2500", "much"), "here")
