"""Accelerated training matches plain training except for rounding; on a CPU modules are left unchanged."""

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest
import torch
from torch import nn

import pipeline.training.loop
from pipeline.data.identity_images import open_identities
from pipeline.nets.ops.chain import Chain, use_activation_checkpointing
from pipeline.pretraining.recognition import Pretraining
from pipeline.training.acceleration import accelerate, cudnn_settings
from pipeline.training.checkpoint_file import CHECKPOINT
from pipeline.training.loop import CURVES, fit
from pipeline.training.module import TrainingModule
from tests.pipeline.training.material import FINETUNE, MODEL, PRETRAIN, write_identities, write_sequence
from tests.pipeline.training.material import finetuning as make_finetuning

TOLERANCE = 0.8  # of the distance that weights have moved; rounding may cause 0.4 of it, the opposite direction 2
ROUNDING = 2**-21  # of sums in fp32
CPU, GPU = torch.device("cpu"), torch.device("cuda", 0)
needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")

MakeModule = Callable[..., TrainingModule]


@pytest.fixture
def finetuning(tmp_path: Path) -> MakeModule:
    scored = [(write_sequence(tmp_path / f"r{n}", [12], seed=n), 9.0 * n) for n in range(4)]

    def make(dropout: float = 0.0, **changes: object) -> TrainingModule:
        settings = FINETUNE.model_copy(update={"batch": 4, **changes})
        model = MODEL.model_copy(update={"dropout": dropout})
        return make_finetuning(scored[:3], scored[3:], model=model, settings=settings)

    return make


@pytest.fixture
def pretraining(tmp_path: Path) -> MakeModule:
    images = open_identities(write_identities(tmp_path / "identities", [12, 10, 14]))
    model = MODEL.model_copy(update={"dropout": 0.0})
    return lambda **changes: Pretraining(images, 16, model, PRETRAIN.model_copy(update=changes))


def read_losses(folder: Path) -> list[float]:
    (table,) = (folder / CURVES).rglob("train/loss.tsv")
    return [float(line.split("\t")[1]) for line in table.read_text().splitlines()[1:]]


def test_a_module_for_a_cpu_is_left_unchanged(finetuning: MakeModule) -> None:
    module = finetuning()
    accelerate(module, CPU)
    assert not module.uses_cuda_graphs
    assert not [layer for layer in module.network.modules() if getattr(layer, "as_conv2d", False)]
    assert not [layer for layer in module.network.modules() if isinstance(layer, Chain) and layer.compiled]


@pytest.mark.parametrize(
    ("compiler", "capability", "environment", "compiles", "changes", "uses_cuda_graphs"),
    [
        ("/usr/bin/cc", (9, 0), {}, True, {}, True),
        (None, (9, 0), {}, False, {}, True),
        ("/usr/bin/cc", (6, 1), {}, False, {}, True),
        ("/usr/bin/cc", (9, 0), {"MSN_COMPILE": "0"}, False, {}, True),
        ("/usr/bin/cc", (9, 0), {}, True, {"accumulate": 2}, False),
    ],
)
def test_a_module_for_a_gpu_is_compiled_and_captured_if_possible(
    finetuning: MakeModule,
    monkeypatch: pytest.MonkeyPatch,
    compiler: str | None,
    capability: tuple[int, int],
    environment: dict[str, str],
    compiles: bool,
    changes: dict[str, int],
    uses_cuda_graphs: bool,
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: compiler)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    module = finetuning(**changes)
    accelerate(module, GPU)
    assert module.loader_workers == 0  # MSN_WORKERS is 1 in tests
    chains = [layer for layer in module.network.modules() if isinstance(layer, Chain)]
    assert {bool(chain.compiled) for chain in chains} == {compiles}
    assert module.uses_cuda_graphs == uses_cuda_graphs


def test_a_captured_training_is_resumed(
    finetuning: MakeModule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CUDA graphs are no part of the checkpoint. The replacement for capturing runs the layers directly."""

    def capture(module: torch.nn.Module, example: tuple[torch.Tensor, ...], warmup: int) -> torch.nn.Module:
        assert not torch.is_autocast_cache_enabled()
        return module

    monkeypatch.setattr(torch.cuda, "make_graphed_callables", capture)
    for epochs in (1, 2):
        module = finetuning()
        module.uses_cuda_graphs = True
        fit(module, epochs, "32-true", tmp_path / "captured", CPU)
        assert module.graphed is not None
        assert torch.is_autocast_cache_enabled()
        fit(finetuning(), epochs, "32-true", tmp_path / "plain", CPU)
    captured, plain = (torch.load(tmp_path / name / CHECKPOINT, weights_only=True) for name in ("captured", "plain"))
    assert captured["state_dict"].keys() == plain["state_dict"].keys()
    assert read_losses(tmp_path / "captured") == read_losses(tmp_path / "plain")


def test_recomputed_layers_are_not_captured(finetuning: MakeModule, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSN_COMPILE", "0")
    module = finetuning()
    use_activation_checkpointing(module.network)
    accelerate(module, GPU)
    assert not module.uses_cuda_graphs


@pytest.mark.parametrize(("device", "expected"), [(CPU, (False, 10)), (GPU, (True, 0))])
def test_settings_of_a_gpu_are_restored(device: torch.device, expected: tuple[bool, int]) -> None:
    cudnn = torch.backends.cudnn
    before = torch.get_float32_matmul_precision(), cudnn.allow_tf32, cudnn.benchmark, cudnn.benchmark_limit
    with pytest.raises(KeyError), cudnn_settings(device):
        assert (cudnn.benchmark, cudnn.benchmark_limit) == expected
        raise KeyError
    assert (torch.get_float32_matmul_precision(), cudnn.allow_tf32, cudnn.benchmark, cudnn.benchmark_limit) == before


@needs_gpu
@pytest.mark.parametrize(("kind", "compiles"), [("pretraining", "0"), ("finetuning", "1")])
def test_accelerated_training_matches_plain_training(
    kind: str, compiles: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MSN_COMPILE", compiles)
    monkeypatch.setattr(pipeline.training.loop, "cudnn_settings", nullcontext)
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)  # whose rounding affects so small a network much
    monkeypatch.setattr(pipeline.training.loop, "ROWS_PER_EPOCH", 1000)  # the loss of every step
    make = request.getfixturevalue(kind)
    plain, accelerated = make(), make()
    fit(plain, 2, "32-true", tmp_path / "plain", GPU)
    accelerate(accelerated, GPU)
    fit(accelerated, 2, "32-true", tmp_path / "accelerated", GPU)
    assert accelerated.graphed is not None
    assert_close(plain, accelerated, make())
    losses = read_losses(tmp_path / "plain")
    assert len(set(losses)) == len(losses) >= 8
    assert read_losses(tmp_path / "accelerated") == pytest.approx(losses, rel=0.02)


def test_the_tolerance_separates_rounding_from_errors(finetuning: MakeModule, tmp_path: Path) -> None:
    """`assert_close` accepts the effect of rounding on a training, and rejects a wrong gradient or a missed batch."""
    plain, rounded, wrong = (finetuning() for _ in range(3))
    for layer in rounded.network.modules():
        if isinstance(layer, nn.Conv3d | nn.Linear):
            layer.register_forward_hook(lambda _, inputs, output: output * (1 + ROUNDING * torch.randn_like(output)))
    (wrong_weight,) = (p for name, p in wrong.network.named_parameters() if name.endswith("0.1.parallel.0.weight"))
    wrong_weight.register_hook(lambda gradient: -gradient)
    for name, module in (("plain", plain), ("rounded", rounded), ("wrong", wrong)):
        fit(module, 2, "32-true", tmp_path / name, CPU)
    assert_close(plain, rounded, finetuning())
    with pytest.raises(AssertionError):
        assert_close(plain, wrong, finetuning())
    next(rounded.network.buffers()).add_(0.1)
    with pytest.raises(AssertionError):
        assert_close(plain, rounded, finetuning())


def assert_close(plain: TrainingModule, accelerated: TrainingModule, initial: TrainingModule) -> None:
    """Check that both trainings moved all weights alike, and have the same running statistics, except for rounding."""
    initial_weights = dict(initial.network.named_parameters())
    accelerated_weights = dict(accelerated.network.named_parameters())
    for name, weight in plain.network.named_parameters():
        if weight.dim() > 1:  # norms have one or two weights here, whose mean may not move at all
            moved = (weight - initial_weights[name]).norm()
            assert (weight - accelerated_weights[name]).norm() < TOLERANCE * moved, name
    statistics = dict(plain.network.named_buffers())
    for name, buffer in accelerated.network.named_buffers():
        torch.testing.assert_close(buffer.float(), statistics[name].float(), rtol=0.02, atol=0.01, msg=name)


@needs_gpu
def test_dropout_is_drawn_anew_in_every_replay(finetuning: MakeModule, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSN_COMPILE", "0")  # compiling takes a minute
    module = finetuning(dropout=0.5).to(GPU)
    accelerate(module, GPU)
    module.capture()
    batch = module.batch(range(4))

    def replay(*seeds: int) -> list[float]:
        losses = []
        for seed in seeds:
            torch.manual_seed(seed)
            losses.append(module.loss(batch, module).item())
        return losses

    first, second, repeated = replay(1, 2, 1)
    assert first == repeated
    assert first != second
    assert not any(parameter.grad is not None for parameter in module.network.parameters())
