"""A training that is hastened ends where the plain one ends, but for rounding; on a CPU nothing is done."""

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest
import torch
from torch import nn

import pipeline.training.module
from pipeline.data.identity_images import open_identities
from pipeline.estimators.finetuning import Finetuning
from pipeline.nets.ops.chain import Chain, use_activation_checkpointing
from pipeline.pretraining.recognition import Pretraining
from pipeline.training.acceleration import accelerate, cudnn_settings
from pipeline.training.async_copy import AsyncCopy
from pipeline.training.loop import CHECKPOINT, CURVES, fit
from pipeline.training.module import TrainingModule
from tests.pipeline.training.material import CLIP, FINETUNE, MODEL, PRETRAIN, write_identities, write_sequence

FAR = 0.8  # of the way that weights went; rounding may come to 0.4 of it, the wrong direction to 2
ROUNDING = 2**-21  # of sums in fp32
CPU, GPU = torch.device("cpu"), torch.device("cuda", 0)
needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")

Make = Callable[..., TrainingModule]


@pytest.fixture
def finetuning(tmp_path: Path) -> Make:
    scored = [(write_sequence(tmp_path / f"r{n}", [12], seed=n), 9.0 * n) for n in range(4)]

    def make(dropout: float = 0.0, **changes: object) -> TrainingModule:
        settings = FINETUNE.model_copy(update={"batch": 4, **changes})
        model = MODEL.model_copy(update={"dropout": dropout})
        return Finetuning(scored[:3], scored[3:], None, CLIP, model, settings)

    return make


@pytest.fixture
def pretraining(tmp_path: Path) -> Make:
    images = open_identities(write_identities(tmp_path / "identities", [12, 10, 14]))
    model = MODEL.model_copy(update={"dropout": 0.0})
    return lambda **changes: Pretraining(images, 16, model, PRETRAIN.model_copy(update=changes))


def losses_of(folder: Path) -> list[float]:
    (table,) = (folder / CURVES).rglob("train/loss.tsv")
    return [float(line.split("\t")[1]) for line in table.read_text().splitlines()[1:]]


def test_a_task_for_a_cpu_stays_as_it_is(finetuning: Make) -> None:
    task = finetuning()
    accelerate(task, CPU)
    assert not task.records
    assert not [module for module in task.network.modules() if getattr(module, "as_images", False)]
    assert not [module for module in task.network.modules() if isinstance(module, Chain) and module.compiled]


@pytest.mark.parametrize(
    ("compiler", "capability", "environment", "compiles", "changes", "records"),
    [
        ("/usr/bin/cc", (9, 0), {}, True, {}, True),
        (None, (9, 0), {}, False, {}, True),
        ("/usr/bin/cc", (6, 1), {}, False, {}, True),
        ("/usr/bin/cc", (9, 0), {"MSN_COMPILE": "0"}, False, {}, True),
        ("/usr/bin/cc", (9, 0), {}, True, {"accumulate": 2}, False),
    ],
)
def test_what_is_done_for_a_gpu(
    finetuning: Make,
    monkeypatch: pytest.MonkeyPatch,
    compiler: str | None,
    capability: tuple[int, int],
    environment: dict[str, str],
    compiles: bool,
    changes: dict[str, int],
    records: bool,
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: compiler)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    task = finetuning(**changes)
    accelerate(task, GPU)
    assert task.workers == 0  # MSN_WORKERS is 1 in tests
    chains = [module for module in task.network.modules() if isinstance(module, Chain)]
    assert {bool(chain.compiled) for chain in chains} == {compiles}
    assert task.records == records


def test_a_recorded_training_is_gone_on_with(finetuning: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The recording is no part of the checkpoint. What stands in for it here runs the layers as they are."""
    monkeypatch.setattr(torch.cuda, "make_graphed_callables", lambda module, example, warm: module)
    for epochs in (1, 2):
        task = finetuning()
        task.records = True
        fit(task, epochs, "32-true", tmp_path / "recorded", CPU)
        assert task.replayed is not None
        fit(finetuning(), epochs, "32-true", tmp_path / "plain", CPU)
    saved, plain = (torch.load(tmp_path / name / CHECKPOINT, weights_only=True) for name in ("recorded", "plain"))
    assert saved["state_dict"].keys() == plain["state_dict"].keys()
    assert losses_of(tmp_path / "recorded") == losses_of(tmp_path / "plain")


def test_layers_that_run_again_are_not_recorded(finetuning: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSN_COMPILE", "0")
    task = finetuning()
    use_activation_checkpointing(task.network)
    accelerate(task, GPU)
    assert not task.records


@pytest.mark.parametrize(("device", "expected"), [(CPU, (False, 10)), (GPU, (True, 0))])
def test_settings_of_a_gpu_are_given_back(device: torch.device, expected: tuple[bool, int]) -> None:
    cudnn = torch.backends.cudnn
    before = torch.get_float32_matmul_precision(), cudnn.allow_tf32, cudnn.benchmark, cudnn.benchmark_limit
    with pytest.raises(KeyError), cudnn_settings(device):
        assert (cudnn.benchmark, cudnn.benchmark_limit) == expected
        raise KeyError
    assert (torch.get_float32_matmul_precision(), cudnn.allow_tf32, cudnn.benchmark, cudnn.benchmark_limit) == before


def test_numbers_that_are_read() -> None:
    assert AsyncCopy(torch.tensor([1.5, -2.0])).values() == [1.5, -2.0]


@needs_gpu
def test_numbers_that_are_read_from_a_gpu() -> None:
    numbers = torch.full((2,), 3.0, device=GPU)
    reading = AsyncCopy(numbers * 2)
    numbers.zero_()
    assert reading.values() == [6.0, 6.0]


@needs_gpu
@pytest.mark.parametrize(("kind", "compiles"), [("pretraining", "0"), ("finetuning", "1")])
def test_a_hastened_training_is_the_plain_one(
    kind: str, compiles: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MSN_COMPILE", compiles)
    monkeypatch.setattr(pipeline.training.loop, "cudnn_settings", nullcontext)
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)  # so small a network makes much of its rounding
    monkeypatch.setattr(pipeline.training.module, "ROWS_PER_EPOCH", 1000)  # the loss of every step
    make = request.getfixturevalue(kind)
    plain, hastened = make(), make()
    fit(plain, 2, "32-true", tmp_path / "plain", GPU)
    accelerate(hastened, GPU)
    fit(hastened, 2, "32-true", tmp_path / "hastened", GPU)
    assert hastened.replayed is not None
    assert_alike(plain, hastened, make())
    losses = losses_of(tmp_path / "plain")
    assert len(set(losses)) == len(losses) >= 8
    assert losses_of(tmp_path / "hastened") == pytest.approx(losses, rel=0.02)


def test_what_is_alike(finetuning: Make, tmp_path: Path) -> None:
    """What rounding may do to a training is taken as alike, and a wrong gradient or a missed batch is not."""
    plain, rough, wrong = (finetuning() for _ in range(3))
    for layer in rough.network.modules():
        if isinstance(layer, nn.Conv3d | nn.Linear):
            layer.register_forward_hook(lambda _, inputs, output: output * (1 + ROUNDING * torch.randn_like(output)))
    (wrong_weight,) = (p for name, p in wrong.network.named_parameters() if name.endswith("0.1.parallel.0.weight"))
    wrong_weight.register_hook(lambda gradient: -gradient)
    for name, task in (("plain", plain), ("rough", rough), ("wrong", wrong)):
        fit(task, 2, "32-true", tmp_path / name, CPU)
    assert_alike(plain, rough, finetuning())
    with pytest.raises(AssertionError):
        assert_alike(plain, wrong, finetuning())
    next(rough.network.buffers()).add_(0.1)
    with pytest.raises(AssertionError):
        assert_alike(plain, rough, finetuning())


def assert_alike(one: TrainingModule, other: TrainingModule, start: TrainingModule) -> None:
    """Both trainings moved all weights alike from the start, and saw the same statistics, but for rounding."""
    begun = dict(start.network.named_parameters())
    others = dict(other.network.named_parameters())
    for name, weight in one.network.named_parameters():
        if weight.dim() > 1:  # norms have one or two numbers here, of which a mean may not move at all
            moved = (weight - begun[name]).norm()
            assert (weight - others[name]).norm() < FAR * moved, name
    statistics = dict(one.network.named_buffers())
    for name, buffer in other.network.named_buffers():
        torch.testing.assert_close(buffer.float(), statistics[name].float(), rtol=0.02, atol=0.01, msg=name)


@needs_gpu
def test_dropout_is_drawn_anew_in_every_replay(finetuning: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSN_COMPILE", "0")  # which takes a minute
    task = finetuning(dropout=0.5).to(GPU)
    accelerate(task, GPU)
    task.record()
    batch = task.batch(range(4))

    def losses(*seeds: int) -> list[float]:
        found = []
        for seed in seeds:
            torch.manual_seed(seed)
            found.append(task.loss(batch).item())
        return found

    one, other, again = losses(1, 2, 1)
    assert one == again
    assert one != other
    assert not any(parameter.grad is not None for parameter in task.network.parameters())
