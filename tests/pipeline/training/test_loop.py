"""A training that is interrupted anywhere ends with exactly what an uninterrupted one ends with."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.loops.training_epoch_loop import _TrainingEpochLoop as TrainingEpochLoop
from torch import Tensor

import pipeline.training.checkpoint
import pipeline.training.module
from pipeline.data.identity_images import open_identities
from pipeline.estimators.finetuning import Finetuning
from pipeline.params import Finetune, Precision
from pipeline.pretraining.recognition import Pretraining
from pipeline.training.batch_plan import TrainingError
from pipeline.training.checkpoint import steps_done
from pipeline.training.loop import fit
from pipeline.training.module import Batch, TrainingModule
from tests.pipeline.training.material import CLIP, FINETUNE, MODEL, PRETRAIN, write_identities, write_sequence

CPU = torch.device("cpu")
EPOCHS = 3
ACCUMULATED = FINETUNE.model_copy(update={"accumulate": 2})  # 4 steps an epoch, each in two parts


class Killed(BaseException):
    """Stands in for a kill: nothing catches it, and nothing is tidied up by the training itself."""


@pytest.fixture(scope="module", autouse=True)
def _rows_of_two_steps() -> Iterator[None]:
    """Curves with a row every second step, so that a checkpoint can lie between the losses of a row."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline.training.module, "ROWS_PER_EPOCH", 2)
        yield


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("material")
    for number in range(4):
        write_sequence(folder / f"r{number}", [10, 9], seed=number)
    write_identities(folder / "identities", [6, 5, 7])
    return folder


def _finetuning(material: Path, settings: Finetune = ACCUMULATED) -> Finetuning:
    scored = [(material / f"r{number}", 7.0 * number) for number in range(4)]
    return Finetuning(scored[:3], scored[3:], None, CLIP, MODEL, settings)


def _trained(task: TrainingModule, folder: Path, epochs: int = EPOCHS, first: int = 0) -> dict[str, object]:
    """Everything that a training leaves, which begins with step `first`."""
    begun, plain = [], task.on_train_batch_start

    def note(*arguments: Any) -> None:
        begun.append(task.global_step)
        plain(*arguments)

    task.on_train_batch_start = note  # type: ignore[assignment,method-assign]
    fit(task, epochs, "32-true", folder, CPU)
    assert not begun or begun[0] == first
    curves = {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*.tsv")}
    summary = (folder / "curves" / "metrics.json").read_text()
    weights = {name: tensor.clone() for name, tensor in task.network.state_dict().items()}
    return {"weights": weights, "kept": dict(task.kept), "curves": curves, "summary": summary, **task.outcome}


def _same(one: dict[str, object], other: dict[str, object]) -> bool:
    for name in ("weights", "kept"):
        first, second = one.pop(name), other.pop(name)
        assert isinstance(first, dict)
        assert isinstance(second, dict)
        assert [key for key in first if not torch.equal(first[key], second[key])] == []
        assert first.keys() == second.keys()
        one[name], other[name] = first, second
    return all(one[name] == other[name] for name in one if name not in ("weights", "kept"))


@pytest.fixture(scope="module")
def uninterrupted(material: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    return _trained(_finetuning(material), tmp_path_factory.mktemp("uninterrupted"))


def _kill_at(monkeypatch: pytest.MonkeyPatch, task: TrainingModule, step: int) -> None:
    """Have the computation of step `step` (from 0) end in a kill, in the second part of its batch."""
    plain, parts = task.loss, iter(range(1000))

    def loss(batch: Batch) -> Tensor:
        if task.global_step == step and next(parts) % 2:
            raise Killed
        return plain(batch)

    monkeypatch.setattr(task, "loss", loss)


@pytest.mark.parametrize("step", [0, 1, 3, 4, 6, 11])
def test_killed_at_any_step(
    material: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uninterrupted: dict[str, object], step: int
) -> None:
    monkeypatch.setattr(pipeline.training.checkpoint, "MIN_INTERVAL", 0.0)
    monkeypatch.setattr(pipeline.training.checkpoint, "MAX_TIME_SHARE", 1e9)
    task = _finetuning(material)
    _kill_at(monkeypatch, task, step)
    with pytest.raises(Killed):
        fit(task, EPOCHS, "32-true", tmp_path, CPU)
    assert steps_done(tmp_path / "last.ckpt") == step
    assert _same(_trained(_finetuning(material), tmp_path, first=step), uninterrupted)


def test_killed_long_after_the_last_checkpoint(
    material: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uninterrupted: dict[str, object]
) -> None:
    monkeypatch.setattr(pipeline.training.checkpoint, "MIN_INTERVAL", 1e9)
    task = _finetuning(material)
    _kill_at(monkeypatch, task, 7)
    with pytest.raises(Killed):
        fit(task, EPOCHS, "32-true", tmp_path, CPU)
    assert steps_done(tmp_path / "last.ckpt") == 4  # of the first epoch
    assert _same(_trained(_finetuning(material), tmp_path, first=4), uninterrupted)


def test_killed_while_measuring(
    material: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uninterrupted: dict[str, object]
) -> None:
    task = _finetuning(material)
    plain = task.measure

    def measure() -> dict[str, float]:
        if task.current_epoch == 1:
            raise Killed
        return plain()

    monkeypatch.setattr(task, "measure", measure)
    with pytest.raises(Killed):
        fit(task, EPOCHS, "32-true", tmp_path, CPU)
    assert _same(_trained(_finetuning(material), tmp_path, first=4), uninterrupted)


def test_killed_while_writing_a_checkpoint(
    material: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uninterrupted: dict[str, object]
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(pipeline.training.checkpoint.os, "replace", lambda *_: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            fit(_finetuning(material), EPOCHS, "32-true", tmp_path, CPU)
    assert steps_done(tmp_path / "last.ckpt") == 0
    assert _same(_trained(_finetuning(material), tmp_path), uninterrupted)


def test_more_epochs_go_on_from_fewer(
    material: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uninterrupted: dict[str, object]
) -> None:
    _trained(_finetuning(material), tmp_path, epochs=1)
    task = _finetuning(material)
    _kill_at(monkeypatch, task, 3)  # which is behind it
    assert _same(_trained(task, tmp_path, first=4), uninterrupted)


def test_a_finished_training_is_not_repeated(
    material: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uninterrupted: dict[str, object]
) -> None:
    _trained(_finetuning(material), tmp_path)
    task = _finetuning(material)
    monkeypatch.setattr(task, "loss", lambda _: pytest.fail("a step was computed"))
    assert _same(_trained(task, tmp_path), uninterrupted)


def test_a_checkpoint_that_is_further_is_refused_and_stays(material: Path, tmp_path: Path) -> None:
    _trained(_finetuning(material), tmp_path, epochs=2)
    with pytest.raises(TrainingError, match=r"last\.ckpt holds step 8, which is behind the last step of 1 epochs, 4"):
        fit(_finetuning(material), 1, "32-true", tmp_path, CPU)
    assert steps_done(tmp_path / "last.ckpt") == 8


@pytest.mark.parametrize("workers", [1, 3])
def test_the_number_of_loader_workers_changes_nothing(
    material: Path, tmp_path: Path, uninterrupted: dict[str, object], workers: int
) -> None:
    task = _finetuning(material)
    task.workers = workers
    assert _same(_trained(task, tmp_path), uninterrupted)


def test_the_best_epoch_is_kept(uninterrupted: dict[str, object]) -> None:
    curves = uninterrupted["curves"]
    assert isinstance(curves, dict)
    rows = curves["curves/plots/metrics/validation/rmse.tsv"].split()[2:]
    by_epoch = [float(value) for value in rows[1::2]]
    assert rows[::2] == ["4", "8", "12"]
    assert uninterrupted["best"] == {"epoch": by_epoch.index(min(by_epoch)) + 1, "rmse": min(by_epoch)}


def test_other_seeds_give_other_weights(material: Path, tmp_path: Path, uninterrupted: dict[str, object]) -> None:
    other = _trained(_finetuning(material, ACCUMULATED.model_copy(update={"seed": 2})), tmp_path)
    first, second = other["weights"], uninterrupted["weights"]
    assert isinstance(first, dict)
    assert isinstance(second, dict)
    assert not torch.equal(first["head.last.weight"], second["head.last.weight"])


def test_pretraining_killed_and_resumed(material: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline.training.checkpoint, "MIN_INTERVAL", 0.0)
    monkeypatch.setattr(pipeline.training.checkpoint, "MAX_TIME_SHARE", 1e9)

    def make() -> Pretraining:
        settings = PRETRAIN.model_copy(update={"accumulate": 2, "decay_every": 1})
        return Pretraining(open_identities(material / "identities"), 8, MODEL, settings)

    whole = _trained(make(), tmp_path / "whole", epochs=2)
    task = make()
    assert task.pace.steps == 3
    _kill_at(monkeypatch, task, 4)
    with pytest.raises(Killed):
        fit(task, 2, "32-true", tmp_path / "parts", CPU)
    assert steps_done(tmp_path / "parts" / "last.ckpt") == 4
    assert _same(_trained(make(), tmp_path / "parts", epochs=2, first=4), whole)


class _Rates(Callback):
    def __init__(self) -> None:
        self.seen: list[float] = []

    def on_before_optimizer_step(self, trainer: object, module: object, optimizer: torch.optim.Optimizer) -> None:
        self.seen.append(optimizer.param_groups[0]["lr"])


def test_the_optimiser_steps_with_the_stated_rates(
    material: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task, rates = _finetuning(material), _Rates()
    monkeypatch.setattr(task, "configure_callbacks", lambda: [rates])
    fit(task, 2, "32-true", tmp_path, CPU)
    assert rates.seen == pytest.approx([0.001 / (1 + 0.01 * step) for step in range(8)])


class _Noted(Finetuning):
    """Notes a weight and a running mean after every step."""

    def optimizer_step(self, *arguments: Any, **named: Any) -> None:
        super().optimizer_step(*arguments, **named)
        state = self.network.state_dict()
        self.seen = [*getattr(self, "seen", []), {name: state[name].double() for name in AVERAGED}]


AVERAGED = ("head.last.weight", "backbone.stem.0.norm.running_mean")


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_what_is_kept_is_the_moving_average_over_steps(material: Path, tmp_path: Path, share: float) -> None:
    scored = [(material / f"r{number}", 7.0 * number) for number in range(4)]
    settings = ACCUMULATED.model_copy(update={"averaging": share})
    task = _Noted(scored, [], None, CLIP, MODEL, settings)
    fit(task, 1, "32-true", tmp_path, CPU)
    for name in AVERAGED:
        first, second, third, fourth = (one[name] for one in task.seen)
        by_hand = share**3 * first + (1 - share) * (share**2 * second + share * third + fourth)
        torch.testing.assert_close(task.kept[name].double(), by_hand, rtol=1e-5, atol=1e-7)
        assert not torch.equal(task.kept[name], task.network.state_dict()[name])


def test_an_infinite_loss_stops_with_the_step_and_what_to_change(material: Path, tmp_path: Path) -> None:
    task = _finetuning(material, ACCUMULATED.model_copy(update={"learning_rate": 1e30}))
    with pytest.raises(TrainingError, match=r"the loss is (nan|inf) at step \d+ .*lower the learning rate"):
        fit(task, EPOCHS, "32-true", tmp_path, CPU)


@pytest.mark.parametrize("step", [3, 11])  # in the middle, and the last
def test_weights_that_are_no_numbers_are_not_kept(
    material: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    monkeypatch.setattr(pipeline.training.checkpoint, "MIN_INTERVAL", 0.0)
    monkeypatch.setattr(pipeline.training.checkpoint, "MAX_TIME_SHARE", 1e9)
    task = _finetuning(material)
    last = task.network.get_parameter("head.last.weight")
    last.register_hook(lambda gradient: gradient * (float("inf") if task.global_step == step else 1.0))
    with pytest.raises(TrainingError, match=rf"no finite number after step {step + 1} .*lower the learning rate"):
        fit(task, EPOCHS, "32-true", tmp_path, CPU)
    assert steps_done(tmp_path / "last.ckpt") == step
    kept = torch.load(tmp_path / "last.ckpt", weights_only=True)["state_dict"]
    assert all(tensor.isfinite().all() for tensor in kept.values())


def test_what_is_switched_off_in_lightning_is_there() -> None:
    assert callable(TrainingEpochLoop._broadcast_sigterm_tensor)


@pytest.mark.parametrize("precision", ["16-mixed", "bf16-mixed"])
def test_half_precision_is_refused_on_a_cpu(material: Path, tmp_path: Path, precision: Precision) -> None:
    with pytest.raises(TrainingError, match=f"precision {precision} needs a GPU; allowed on a CPU: 32-true"):
        fit(_finetuning(material), 1, precision, tmp_path, CPU)


def test_settings_of_the_process_are_given_back(material: Path, tmp_path: Path) -> None:
    assert not torch.are_deterministic_algorithms_enabled()
    fit(_finetuning(material), 1, "32-true", tmp_path, CPU)
    assert not torch.are_deterministic_algorithms_enabled()
    assert torch.utils.deterministic.fill_uninitialized_memory  # type: ignore[attr-defined]
