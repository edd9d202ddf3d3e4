"""A network that forgets and computes again learns the same, and its norms see every batch once."""

import copy

import pytest
import torch
from torch import nn

from pipeline.nets.build import build
from pipeline.nets.heads import Regression
from pipeline.nets.recompute import recompute
from tests.pipeline.training.material import MODEL


@pytest.mark.parametrize("name", ["msn", "c3d", "i3d"])
def test_losses_gradients_and_running_statistics_are_those_of_keeping_all(name: str) -> None:
    model = MODEL.model_copy(update={"name": name, "dropout": 0.0})
    keeping = build(model, Regression(), seed=0).train()
    forgetting = copy.deepcopy(keeping)
    recompute(forgetting)
    clips = torch.randn(2, 3, 16, 112, 112, generator=torch.Generator().manual_seed(0))
    held: dict[str, int] = {}
    for which, network in (("all", keeping), ("little", forgetting)):
        sizes: list[int] = []

        def keep(tensor: torch.Tensor, sizes: list[int] = sizes) -> torch.Tensor:
            sizes.append(0 if isinstance(tensor, nn.Parameter) else tensor.nbytes)
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            loss = network(clips).square().mean()
        held[which] = sum(sizes)
        loss.backward()
    assert held["little"] < 0.5 * held["all"]
    for (parameter, one), other in zip(keeping.named_parameters(), forgetting.parameters(), strict=True):
        assert one.grad is not None
        assert other.grad is not None
        assert torch.equal(one.grad, other.grad), parameter
    for (buffer, seen), seen_too in zip(keeping.named_buffers(), forgetting.buffers(), strict=True):
        assert torch.equal(seen, seen_too), buffer  # running means, variances, and how many batches they saw
    assert torch.equal(keeping.eval()(clips), forgetting.eval()(clips))
