"""A network that forgets and computes again learns the same, and its norms see every batch once."""

import copy

import pytest
import torch
from torch import nn

from pipeline.nets.build import build
from pipeline.nets.heads import Regression
from pipeline.nets.ops.chain import Chain, Part, use_activation_checkpointing
from tests.pipeline.training.material import MODEL


@pytest.mark.parametrize("name", ["msn", "c3d", "i3d"])
def test_losses_gradients_and_running_statistics_are_those_of_keeping_all(name: str) -> None:
    model = MODEL.model_copy(update={"name": name, "dropout": 0.0})
    keeping = build(model, Regression(), seed=0).train()
    forgetting = copy.deepcopy(keeping)
    use_activation_checkpointing(forgetting)
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


@pytest.mark.parametrize("forgets", [False, True])
def test_compiled_parts_learn_the_same_and_do_not_run_in_evaluation(
    monkeypatch: pytest.MonkeyPatch, forgets: bool
) -> None:
    model = MODEL.model_copy(update={"dropout": 0.0})
    plain = build(model, Regression(), seed=0).double().train()
    compiled = copy.deepcopy(plain)
    runs: list[torch.Size] = []

    def compile_eagerly(run: Part, **how: bool) -> Part:
        traced = compile_part(run, backend="aot_eager", dynamic=how["dynamic"])

        def call(x: torch.Tensor) -> torch.Tensor:
            runs.append(x.shape)
            return traced(x)

        return call

    compile_part = torch.compile
    monkeypatch.setattr(torch, "compile", compile_eagerly)
    for module in compiled.modules():
        if isinstance(module, Chain):
            module.compile_parts()
            module.recomputes = forgets
    clips = torch.randn(2, 3, 8, 32, 32, generator=torch.Generator().manual_seed(0)).double()
    for network in (plain, compiled):
        network(clips).square().mean().backward()
    assert len(runs) == (11 if not forgets else 22)  # the stem, and 8 blocks and 2 pools; forgotten, they run again
    for (name, one), other in zip(plain.named_parameters(), compiled.parameters(), strict=True):
        torch.testing.assert_close(other.grad, one.grad, msg=name)
    for (name, seen), seen_too in zip(plain.named_buffers(), compiled.named_buffers(), strict=True):
        torch.testing.assert_close(seen_too[1], seen, msg=name)
    runs.clear()
    torch.testing.assert_close(compiled.eval()(clips), plain.eval()(clips))
    assert runs == []
