"""Checkpointed and compiled networks have equal gradients, and their batch norms count every batch once."""

import copy

import pytest
import torch
from torch import nn

from pipeline.nets.build import build
from pipeline.nets.heads import Recognition, Regression
from pipeline.nets.ops.chain import Chain, Part, use_activation_checkpointing
from tests.pipeline.training.material import MODEL


@pytest.mark.parametrize(("name", "frames"), [("msn", 16), ("c3d", 16), ("i3d", 16), ("resnet50", 1)])
def test_checkpointing_changes_no_gradient_or_running_statistic(name: str, frames: int) -> None:
    model = MODEL.model_copy(update={"name": name, "dropout": 0.0})
    plain = build(model, Recognition(2), seed=0).train()  # a small head: what is saved is the backbone's
    checkpointed = copy.deepcopy(plain)
    use_activation_checkpointing(checkpointed)
    clips = torch.randn(2, 3, frames, 112, 112, generator=torch.Generator().manual_seed(0))
    saved_bytes: dict[str, int] = {}
    for mode, network in (("plain", plain), ("checkpointed", checkpointed)):
        sizes: list[int] = []

        def pack(tensor: torch.Tensor, sizes: list[int] = sizes) -> torch.Tensor:
            sizes.append(0 if isinstance(tensor, nn.Parameter) else tensor.nbytes)
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            loss = network(clips).square().mean()
        saved_bytes[mode] = sum(sizes)
        loss.backward()
    assert saved_bytes["checkpointed"] < 0.5 * saved_bytes["plain"]
    for (key, expected), weight in zip(plain.named_parameters(), checkpointed.parameters(), strict=True):
        assert expected.grad is not None
        assert weight.grad is not None
        assert torch.equal(expected.grad, weight.grad), key
    for (key, statistic), repeated in zip(plain.named_buffers(), checkpointed.buffers(), strict=True):
        assert torch.equal(statistic, repeated), key  # running means and variances, and numbers of batches
    assert torch.equal(plain.eval()(clips), checkpointed.eval()(clips))


@pytest.mark.parametrize("checkpoints", [False, True])
def test_compiled_parts_have_equal_gradients_and_do_not_run_in_evaluation(
    monkeypatch: pytest.MonkeyPatch, checkpoints: bool
) -> None:
    model = MODEL.model_copy(update={"dropout": 0.0})
    plain = build(model, Regression(), seed=0).double().train()
    compiled = copy.deepcopy(plain)
    runs: list[torch.Size] = []

    def compile_eagerly(run: Part, **options: bool) -> Part:
        traced = compile_part(run, backend="aot_eager", dynamic=options["dynamic"])

        def call(x: torch.Tensor) -> torch.Tensor:
            runs.append(x.shape)
            return traced(x)

        return call

    compile_part = torch.compile
    monkeypatch.setattr(torch, "compile", compile_eagerly)
    for module in compiled.modules():
        if isinstance(module, Chain):
            module.compile_parts()
            module.checkpoints_activations = checkpoints
    clips = torch.randn(2, 3, 8, 32, 32, generator=torch.Generator().manual_seed(0)).double()
    for network in (plain, compiled):
        network(clips).square().mean().backward()
    assert len(runs) == (11 if not checkpoints else 22)  # stem, 8 blocks, 2 pools; each twice if checkpointed
    for (key, expected), weight in zip(plain.named_parameters(), compiled.parameters(), strict=True):
        torch.testing.assert_close(weight.grad, expected.grad, msg=key)
    for (key, statistic), repeated in zip(plain.named_buffers(), compiled.named_buffers(), strict=True):
        torch.testing.assert_close(repeated[1], statistic, msg=key)
    runs.clear()
    torch.testing.assert_close(compiled.eval()(clips), plain.eval()(clips))
    assert runs == []
