"""A training that is interrupted at any point ends with exactly the outputs of an uninterrupted one."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from torch import Tensor

import pipeline.training.checkpoint
import pipeline.training.loop
from pipeline.data.identity_images import open_identities
from pipeline.finetuning.finetuning import Finetuning
from pipeline.params.training import Finetune, Precision
from pipeline.pretraining.recognition import Pretraining
from pipeline.runtime.atomic import atomic_file
from pipeline.training.checkpoint import steps_done
from pipeline.training.cuda_graphs import Forward
from pipeline.training.errors import StoppedError, TrainingError
from pipeline.training.loader import Batch
from pipeline.training.loop import fit
from pipeline.training.module import TrainingModule
from tests.pipeline.training.material import (
    FINETUNE,
    MODEL,
    PRETRAIN,
    finetuning,
    task,
    write_identities,
    write_sequence,
)

CPU = torch.device("cpu")
EPOCHS = 3
ACCUMULATED = FINETUNE.model_copy(update={"accumulate": 2})  # 4 steps per epoch, each of two microbatches


class Killed(BaseException):
    """Stands in for a kill: nothing catches it, and the training itself cleans nothing up."""


@pytest.fixture(scope="module", autouse=True)
def _row_every_two_steps() -> Iterator[None]:
    """Learning curves have a row every second step, so that a checkpoint can lie between the losses of a row."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline.training.loop, "ROWS_PER_EPOCH", 2)
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
    return finetuning(scored[:3], scored[3:], settings=settings)


def _train(module: TrainingModule, folder: Path, epochs: int = EPOCHS, first: int = 0) -> dict[str, object]:
    """Train from step `first`, unless all steps are done; return all outputs of the training."""
    steps, learning_rate = [], module.learning_rate

    def note_step(step: int) -> float:
        steps.append(module.global_step)
        return learning_rate(step)

    module.learning_rate = note_step  # type: ignore[method-assign]
    fit(module, epochs, "32-true", folder, CPU)
    assert not steps or steps[0] == first
    curves = {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*.tsv")}
    summary = (folder / "curves" / "metrics.json").read_text()
    weights = {name: tensor.clone() for name, tensor in module.network.state_dict().items()}
    return {
        "weights": weights,
        "final_weights": dict(module.final_weights),
        "curves": curves,
        "summary": summary,
        **module.summary,
    }


def _same(actual: dict[str, object], expected: dict[str, object]) -> bool:
    for name in ("weights", "final_weights"):
        weights, expected_weights = actual.pop(name), expected.pop(name)
        assert isinstance(weights, dict)
        assert isinstance(expected_weights, dict)
        assert [key for key in weights if not torch.equal(weights[key], expected_weights[key])] == []
        assert weights.keys() == expected_weights.keys()
        actual[name], expected[name] = weights, expected_weights
    return all(actual[name] == expected[name] for name in actual if name not in ("weights", "final_weights"))


@pytest.fixture(scope="module")
def uninterrupted(material: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    return _train(_finetuning(material), tmp_path_factory.mktemp("uninterrupted"))


def _kill_at(monkeypatch: pytest.MonkeyPatch, module: TrainingModule, step: int) -> None:
    """Kill the training in step `step` (from 0), in the second microbatch."""
    original_loss, calls = module.loss, iter(range(1000))

    def loss(batch: Batch, forward: Forward) -> Tensor:
        if module.global_step == step and next(calls) % 2:
            raise Killed
        return original_loss(batch, forward)

    monkeypatch.setattr(module, "loss", loss)


def _assert_killed_and_resumed(
    module: TrainingModule, material: Path, folder: Path, done: int, uninterrupted: dict[str, object]
) -> None:
    """Train a module that is killed; its checkpoint has `done` steps, and a new module resumes after them."""
    with pytest.raises(Killed):
        fit(module, EPOCHS, "32-true", folder, CPU)
    assert steps_done(folder / "last.ckpt") == done
    assert _same(_train(_finetuning(material), folder, first=done), uninterrupted)


@pytest.mark.parametrize("step", [0, 1, 3, 4, 6, 11])
def test_killed_at_any_step(
    material: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uninterrupted: dict[str, object], step: int
) -> None:
    monkeypatch.setattr(pipeline.training.checkpoint, "MIN_INTERVAL", 0.0)
    monkeypatch.setattr(pipeline.training.checkpoint, "MAX_TIME_SHARE", 1e9)
    module = _finetuning(material)
    _kill_at(monkeypatch, module, step)
    _assert_killed_and_resumed(module, material, tmp_path, step, uninterrupted)


def test_killed_long_after_the_last_checkpoint(
    material: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uninterrupted: dict[str, object]
) -> None:
    monkeypatch.setattr(pipeline.training.checkpoint, "MIN_INTERVAL", 1e9)
    module = _finetuning(material)
    _kill_at(monkeypatch, module, 7)
    _assert_killed_and_resumed(module, material, tmp_path, 4, uninterrupted)  # after the first epoch


@pytest.mark.parametrize(("interval", "done"), [(1e9, 4), (0.0, 7)])
def test_killed_during_validation(
    material: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    uninterrupted: dict[str, object],
    interval: float,
    done: int,
) -> None:
    """The last step of an epoch is in no checkpoint before the validation, which would be skipped on resuming."""
    monkeypatch.setattr(pipeline.training.checkpoint, "MIN_INTERVAL", interval)
    monkeypatch.setattr(pipeline.training.checkpoint, "MAX_TIME_SHARE", 1e9)
    module = _finetuning(material)
    original_validate = module.validate

    def validate() -> dict[str, float]:
        if module.current_epoch == 1:
            raise Killed
        return original_validate()

    monkeypatch.setattr(module, "validate", validate)
    _assert_killed_and_resumed(module, material, tmp_path, done, uninterrupted)


def test_killed_while_writing_a_checkpoint(
    material: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uninterrupted: dict[str, object]
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("pipeline.runtime.atomic.os.replace", lambda *_: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            fit(_finetuning(material), EPOCHS, "32-true", tmp_path, CPU)
    assert steps_done(tmp_path / "last.ckpt") == 0
    assert _same(_train(_finetuning(material), tmp_path), uninterrupted)


def test_more_epochs_continue_from_fewer(
    material: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uninterrupted: dict[str, object]
) -> None:
    _train(_finetuning(material), tmp_path, epochs=1)
    module = _finetuning(material)
    _kill_at(monkeypatch, module, 3)  # done already, so it is not reached
    assert _same(_train(module, tmp_path, first=4), uninterrupted)


def test_a_finished_training_is_not_repeated(
    material: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uninterrupted: dict[str, object]
) -> None:
    _train(_finetuning(material), tmp_path)
    module = _finetuning(material)
    monkeypatch.setattr(module, "loss", lambda *_: pytest.fail("a step was computed"))
    assert _same(_train(module, tmp_path), uninterrupted)


def test_a_checkpoint_after_the_last_step_is_rejected_and_stays(material: Path, tmp_path: Path) -> None:
    _train(_finetuning(material), tmp_path, epochs=2)
    with pytest.raises(TrainingError, match=r"last\.ckpt holds step 8, which is after the last step of 1 epochs, 4"):
        fit(_finetuning(material), 1, "32-true", tmp_path, CPU)
    assert steps_done(tmp_path / "last.ckpt") == 8


@pytest.mark.parametrize("workers", [1, 3])
def test_the_number_of_loader_workers_changes_nothing(
    material: Path, tmp_path: Path, uninterrupted: dict[str, object], workers: int
) -> None:
    module = _finetuning(material)
    module.loader_workers = workers
    assert _same(_train(module, tmp_path), uninterrupted)


def test_the_best_epoch_is_saved(uninterrupted: dict[str, object]) -> None:
    curves = uninterrupted["curves"]
    assert isinstance(curves, dict)
    rows = curves["curves/plots/metrics/validation/rmse.tsv"].split()[2:]
    rmses = [float(value) for value in rows[1::2]]
    assert rows[::2] == ["4", "8", "12"]
    assert uninterrupted["best"] == {"epoch": rmses.index(min(rmses)) + 1, "rmse": min(rmses)}


def test_different_seeds_give_different_weights(
    material: Path, tmp_path: Path, uninterrupted: dict[str, object]
) -> None:
    outputs = _train(_finetuning(material, ACCUMULATED.model_copy(update={"seed": 2})), tmp_path)
    weights, expected_weights = outputs["weights"], uninterrupted["weights"]
    assert isinstance(weights, dict)
    assert isinstance(expected_weights, dict)
    assert not torch.equal(weights["head.last.weight"], expected_weights["head.last.weight"])


def test_pretraining_killed_and_resumed(material: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline.training.checkpoint, "MIN_INTERVAL", 0.0)
    monkeypatch.setattr(pipeline.training.checkpoint, "MAX_TIME_SHARE", 1e9)

    def make() -> Pretraining:
        settings = PRETRAIN.model_copy(update={"accumulate": 2, "decay_every": 1})
        return Pretraining(open_identities(material / "identities"), 8, MODEL, settings)

    expected = _train(make(), tmp_path / "uninterrupted", epochs=2)
    module = make()
    assert module.plan.steps == 3
    _kill_at(monkeypatch, module, 4)
    with pytest.raises(Killed):
        fit(module, 2, "32-true", tmp_path / "interrupted", CPU)
    assert steps_done(tmp_path / "interrupted" / "last.ckpt") == 4
    assert _same(_train(make(), tmp_path / "interrupted", epochs=2, first=4), expected)


def test_the_optimiser_uses_the_learning_rate_of_each_step(
    material: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = _finetuning(material)
    rates: list[float] = []
    optimizer = module.configure_optimizer()
    optimizer.register_step_pre_hook(lambda called, *_: rates.append(called.param_groups[0]["lr"]))
    monkeypatch.setattr(module, "configure_optimizer", lambda: optimizer)
    fit(module, 2, "32-true", tmp_path, CPU)
    assert rates == pytest.approx([0.001 / (1 + 0.01 * step) for step in range(8)])


class _NotingFinetuning(Finetuning):
    """Notes a weight and a running mean after every step."""

    def after_step(self) -> None:
        super().after_step()
        state = self.network.state_dict()
        self.states = [*getattr(self, "states", []), {name: state[name].double() for name in AVERAGED}]


AVERAGED = ("head.last.weight", "backbone.stem.0.norm.running_mean")


@pytest.mark.parametrize("averaging", [0.5, 0.9])
def test_the_final_weights_are_the_moving_average_over_steps(material: Path, tmp_path: Path, averaging: float) -> None:
    scored = [(material / f"r{number}", 7.0 * number) for number in range(4)]
    settings = ACCUMULATED.model_copy(update={"averaging": averaging})
    module = _NotingFinetuning(task(scored, settings=settings), settings)
    fit(module, 1, "32-true", tmp_path, CPU)
    for name in AVERAGED:
        first, second, third, fourth = (state[name] for state in module.states)
        expected = averaging**3 * first + (1 - averaging) * (averaging**2 * second + averaging * third + fourth)
        torch.testing.assert_close(module.final_weights[name].double(), expected, rtol=1e-5, atol=1e-7)
        assert not torch.equal(module.final_weights[name], module.network.state_dict()[name])


def test_an_infinite_loss_is_an_error_with_its_step_and_advice(material: Path, tmp_path: Path) -> None:
    module = _finetuning(material, ACCUMULATED.model_copy(update={"learning_rate": 1e30}))
    message = r"the loss is (nan|inf) at step \d+ .*, after \S+: lower the learning rate \(\S+e\+\d+ in this step\)"
    with pytest.raises(TrainingError, match=message):
        fit(module, EPOCHS, "32-true", tmp_path, CPU)


@pytest.mark.parametrize("step", [3, 11])  # in the middle, and the last step
def test_weights_that_are_not_finite_are_not_saved(
    material: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    monkeypatch.setattr(pipeline.training.checkpoint, "MIN_INTERVAL", 0.0)
    monkeypatch.setattr(pipeline.training.checkpoint, "MAX_TIME_SHARE", 1e9)
    module = _finetuning(material)
    weight = module.network.get_parameter("head.last.weight")
    weight.register_hook(lambda gradient: gradient * (float("inf") if module.global_step == step else 1.0))
    with pytest.raises(TrainingError, match=rf"not finite after step {step + 1} .*lower the learning rate"):
        fit(module, EPOCHS, "32-true", tmp_path, CPU)
    assert steps_done(tmp_path / "last.ckpt") == step
    state_dict = torch.load(tmp_path / "last.ckpt", weights_only=True)["state_dict"]
    assert all(tensor.isfinite().all() for tensor in state_dict.values())


@pytest.mark.parametrize("precision", ["16-mixed", "bf16-mixed"])
def test_half_precision_is_rejected_on_a_cpu(material: Path, tmp_path: Path, precision: Precision) -> None:
    with pytest.raises(TrainingError, match=f"precision {precision} needs a GPU; allowed on a CPU: 32-true"):
        fit(_finetuning(material), 1, precision, tmp_path, CPU)


def test_settings_of_the_process_are_restored(material: Path, tmp_path: Path) -> None:
    assert not torch.are_deterministic_algorithms_enabled()
    fit(_finetuning(material), 1, "32-true", tmp_path, CPU)
    assert not torch.are_deterministic_algorithms_enabled()
    assert torch.utils.deterministic.fill_uninitialized_memory  # type: ignore[attr-defined]


def test_ctrl_c_ends_with_a_message_and_keeps_the_checkpoint(
    material: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uninterrupted: dict[str, object]
) -> None:
    module = _finetuning(material)
    original_after_step = module.after_step

    def after_step() -> None:
        original_after_step()
        if module.global_step == 6:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(module, "after_step", after_step)
    with pytest.raises(StoppedError, match=r"^stopped after [67] of 12 steps; run again to go on$"):
        fit(module, EPOCHS, "32-true", tmp_path, CPU)
    assert steps_done(tmp_path / "last.ckpt") == 4
    assert _same(_train(_finetuning(material), tmp_path, first=4), uninterrupted)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_is_an_error_of_the_operating_system(
    material: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PyTorch's own writer would raise a RuntimeError, which no stage explains."""

    @contextmanager
    def write_to_full_disk(path: Path) -> Iterator[Path]:
        with atomic_file(path) as partial:
            partial.symlink_to("/dev/full")
            yield partial

    monkeypatch.setattr("pipeline.training.checkpoint.atomic_file", write_to_full_disk)
    with pytest.raises(OSError, match="No space left on device"):
        fit(_finetuning(material), EPOCHS, "32-true", tmp_path, CPU)
    assert list(tmp_path.glob("*.ckpt*")) == []
