"""Checkpoints are written as often as they cost little time, and there is always a complete one."""

import errno
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from lightning.fabric.plugins import Precision
from torch import Tensor, nn
from torch.optim import SGD, Optimizer
from torch.utils.data import TensorDataset

from pipeline.nets.build import Network
from pipeline.training import checkpoint
from pipeline.training.batch_plan import BatchPlan
from pipeline.training.checkpoint import Checkpointer, epochs_started, set_damaged_aside, steps_done
from pipeline.training.errors import StoppedError, TrainingError
from pipeline.training.loader import Batch
from pipeline.training.module import TrainingModule
from pipeline.training.preemption import StopRequest


class _Module(TrainingModule):
    """A linear layer that takes `cost` seconds to save."""

    def __init__(self, clock: SimpleNamespace, cost: float) -> None:
        network = Network(nn.Identity(), nn.Linear(1, 1))
        super().__init__(network, TensorDataset(torch.zeros(1)), BatchPlan(1000, 1, 1, 0))
        self.clock, self.cost, self.saved = clock, cost, 0

    def prepare(self, batch: Batch) -> Tensor:
        raise NotImplementedError

    def outputs(self, inputs: Tensor) -> Tensor:
        raise NotImplementedError

    def criterion(self, outputs: Tensor, batch: Batch) -> Tensor:
        raise NotImplementedError

    def learning_rate(self, step: int) -> float:
        return 1.0

    def configure_optimizer(self) -> Optimizer:
        return SGD(self.parameters(), 1.0)

    def validate(self) -> dict[str, float]:
        return {}

    def progress_state(self) -> dict[str, int]:
        self.clock.now += self.cost
        self.saved += 1
        return {"saved": self.saved}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(checkpoint.time, "monotonic", lambda: clock.now)
    return clock


def _checkpointer(path: Path, clock: SimpleNamespace, cost: float = 0.0) -> Checkpointer:
    module = _Module(clock, cost)
    return Checkpointer(path, module, module.configure_optimizer(), Precision(), StopRequest())


def _count_saved(checkpointer: Checkpointer) -> int:
    """Return the number of checkpoints in 100 steps of one second each."""
    module = checkpointer.module
    assert isinstance(module, _Module)
    for _ in range(100):
        module.clock.now += 1.0
        module.global_step += 1
        checkpointer.save_if_due([])
    return module.saved


def test_a_cheap_checkpoint_is_written_every_ten_seconds(tmp_path: Path, clock: SimpleNamespace) -> None:
    assert _count_saved(_checkpointer(tmp_path / "last.ckpt", clock)) == 10
    assert steps_done(tmp_path / "last.ckpt") == 100
    assert [path.name for path in tmp_path.iterdir()] == ["last.ckpt"]


def test_expensive_checkpoints_take_two_percent_of_the_time(tmp_path: Path, clock: SimpleNamespace) -> None:
    assert _count_saved(_checkpointer(tmp_path / "last.ckpt", clock, cost=0.5)) == 4  # after 10, 35, 60 and 85 seconds


def test_a_signal_stops_training_after_a_checkpoint(tmp_path: Path, clock: SimpleNamespace) -> None:
    checkpointer = _checkpointer(tmp_path / "last.ckpt", clock)
    checkpointer.module.global_step = 7
    checkpointer.stop_request.signal = "SIGTERM"
    with pytest.raises(StoppedError, match="SIGTERM: stopped after step 7, which the checkpoint holds"):
        checkpointer.save_if_due([])
    assert steps_done(tmp_path / "last.ckpt") == 7


def test_weights_that_are_not_finite_leave_the_checkpoint_unchanged(tmp_path: Path, clock: SimpleNamespace) -> None:
    checkpointer = _checkpointer(tmp_path / "last.ckpt", clock)
    checkpointer.save([])
    checkpointer.module.global_step = 1
    next(checkpointer.module.parameters()).data.fill_(torch.inf)
    with pytest.raises(TrainingError, match=r"not finite after step 1 \(epoch 1\)"):
        checkpointer.save([])
    assert steps_done(tmp_path / "last.ckpt") == 0


def test_saved_progress_is_restored(tmp_path: Path, clock: SimpleNamespace) -> None:
    saved = _checkpointer(tmp_path / "last.ckpt", clock)
    saved.module.global_step, saved.module.current_epoch = 5, 2
    saved.save([0.5, 0.25])
    loaded = _checkpointer(tmp_path / "last.ckpt", clock)
    assert loaded.load() == [0.5, 0.25]
    assert (loaded.module.global_step, loaded.module.current_epoch) == (5, 2)
    weights = saved.module.state_dict()
    assert all(torch.equal(weight, weights[name]) for name, weight in loaded.module.state_dict().items())
    assert epochs_started(tmp_path / "last.ckpt") == 3


def test_without_a_checkpoint_there_are_no_steps(tmp_path: Path) -> None:
    assert steps_done(tmp_path / "last.ckpt") == 0
    assert epochs_started(tmp_path / "last.ckpt") == 0


def _cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _empty(path: Path) -> None:
    os.truncate(path, 0)


def _flip_a_bit_of_a_weight(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        (weights,) = (part for part in archive.infolist() if part.filename.endswith("/data/0"))
    content = bytearray(path.read_bytes())
    name_bytes, extra_bytes = (int.from_bytes(content[weights.header_offset + at :][:2], "little") for at in (26, 28))
    content[weights.header_offset + 30 + name_bytes + extra_bytes] ^= 1  # 30 bytes: the header of a part
    path.write_bytes(content)


def _write_something_else(path: Path) -> None:
    torch.save({"other": 1}, path)


@pytest.mark.parametrize("damage", [_cut, _empty, _flip_a_bit_of_a_weight, _write_something_else])
def test_a_damaged_checkpoint_is_named_and_set_aside(
    tmp_path: Path, clock: SimpleNamespace, damage: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "last.ckpt"
    _checkpointer(path, clock).save([])
    assert not set_damaged_aside(path)
    damage(path)
    assert set_damaged_aside(path)
    assert not path.exists()
    assert f"{path} is damaged: it is now last.ckpt.damaged, and the training starts again" in caplog.text
    assert [other.name for other in tmp_path.iterdir()] == ["last.ckpt.damaged"]
    assert not set_damaged_aside(path)  # there is none


def test_pytorch_alone_would_load_other_weights(tmp_path: Path, clock: SimpleNamespace) -> None:
    """The reason for the test above; if this fails, PyTorch has begun to compare the checksums itself."""
    path = tmp_path / "last.ckpt"
    _checkpointer(path, clock).save([])
    before = torch.load(path, weights_only=True)["state_dict"]
    _flip_a_bit_of_a_weight(path)
    after = torch.load(path, weights_only=True)["state_dict"]
    assert any(not torch.equal(before[name], after[name]) for name in before)


@pytest.mark.parametrize("error", [OSError(errno.ESTALE, "Stale file handle"), MemoryError(), PermissionError()])
def test_a_checkpoint_that_cannot_be_read_now_is_kept(
    tmp_path: Path, clock: SimpleNamespace, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "last.ckpt"
    _checkpointer(path, clock).save([])

    def fail(*_: object, **__: object) -> None:
        raise error

    for name in ("torch.load", "zipfile.ZipFile.testzip"):
        with monkeypatch.context() as patch:
            patch.setattr(name, fail)
            with pytest.raises(type(error)):
                set_damaged_aside(path)
    assert not set_damaged_aside(path)
    assert path.exists()
