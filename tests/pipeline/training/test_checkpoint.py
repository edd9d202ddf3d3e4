"""How often a checkpoint is written, and that there is always a whole one."""

from pathlib import Path
from types import SimpleNamespace

import lightning
import pytest
import torch

from pipeline.training import checkpoint
from pipeline.training.checkpoint import Checkpointer, steps_done
from pipeline.training.preemption import StopRequest


class _Trainer(lightning.Trainer):
    """Takes a stated time to save, and does nothing else."""

    is_last_batch = False

    def __init__(self, clock: SimpleNamespace, cost: float) -> None:
        self.clock, self.cost, self.saved = clock, cost, 0

    def save_checkpoint(self, filepath: str | Path, *_: object, **__: object) -> None:
        self.clock.now += self.cost
        self.saved += 1
        torch.save({"global_step": self.saved}, filepath)


def _run(monkeypatch: pytest.MonkeyPatch, path: Path, cost: float, parts: int = 1, last: bool = False) -> _Trainer:
    """100 batches of one second each."""
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(checkpoint.time, "monotonic", lambda: clock.now)
    trainer = _Trainer(clock, cost)
    monkeypatch.setattr(_Trainer, "is_last_batch", last)
    keeper = Checkpointer(path, parts, StopRequest())
    for batch in range(100):
        clock.now += 1.0
        keeper.on_train_batch_end(trainer, lightning.LightningModule(), None, None, batch)
    return trainer


def test_a_cheap_checkpoint_is_written_every_ten_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _run(monkeypatch, tmp_path / "last.ckpt", cost=0.0).saved == 10
    assert steps_done(tmp_path / "last.ckpt") == 10
    assert [path.name for path in tmp_path.iterdir()] == ["last.ckpt"]


def test_a_dear_one_takes_two_percent_of_the_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _run(monkeypatch, tmp_path / "last.ckpt", cost=0.5).saved == 4  # after 10, 35, 60 and 85 seconds


def test_only_whole_steps_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "last.ckpt"
    monkeypatch.setattr(checkpoint, "MIN_INTERVAL", 0.0)
    assert _run(monkeypatch, path, cost=0.0, parts=4).saved == 25


def test_the_last_step_of_an_epoch_waits_for_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "last.ckpt"
    trainer = _run(monkeypatch, path, cost=0.0, last=True)
    assert trainer.saved == 0
    Checkpointer(path, 1, StopRequest()).on_train_epoch_end(trainer, lightning.LightningModule())
    assert trainer.saved == 1


def test_no_checkpoint_no_steps(tmp_path: Path) -> None:
    assert steps_done(tmp_path / "last.ckpt") == 0
