"""A training holds the lock of its process's GPU from before its network is created until it ends."""

from pathlib import Path
from typing import Any

import pytest

import pipeline.training.train
from pipeline.training.loop import fit
from pipeline.training.module import TrainingModule
from pipeline.training.train import train
from tests.pipeline.training.material import FINETUNE, finetuning, write_sequence


def test_the_gpu_is_locked_during_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    locks = tmp_path / "locks"
    monkeypatch.setenv("XDG_CACHE_HOME", str(locks))
    monkeypatch.setattr(pipeline.training.train, "gpu_uuid", lambda device: "GPU-test")  # for the CPU
    scored = [(write_sequence(tmp_path / "r", [10]), 7.0)]
    locked = []

    def note_locks(event: str) -> None:
        locked.append((event, [path.name for path in locks.rglob("*.lock")]))

    def fit_and_note(*arguments: Any) -> None:
        fit(*arguments)
        note_locks("trained")

    def make() -> TrainingModule:
        note_locks("created")
        return finetuning(scored)

    monkeypatch.setattr(pipeline.training.train, "fit", fit_and_note)
    train("finetune", FINETUNE, make, tmp_path / "progress")
    note_locks("ended")
    assert locked == [("created", ["GPU-test.lock"]), ("trained", ["GPU-test.lock"]), ("ended", [])]
