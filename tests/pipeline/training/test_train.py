"""A training holds the GPU of its process from before its network is made until it ends."""

from pathlib import Path

import pytest

import pipeline.training.train
from pipeline.estimators.finetuning import Finetuning
from pipeline.training.module import TrainingModule
from pipeline.training.train import TrainingJob, train
from tests.pipeline.training.material import CLIP, FINETUNE, MODEL, write_sequence


def test_the_gpu_is_held_while_it_is_trained_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    locks = tmp_path / "locks"
    locks.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(locks))
    monkeypatch.setattr(pipeline.training.train, "gpu_uuid", lambda place: "GPU-test")  # of the CPU
    scored = [(write_sequence(tmp_path / "r", [10]), 7.0)]
    held = []

    def note(when: str) -> None:
        held.append((when, [path.name for path in locks.rglob("*.lock")]))

    class Noting(Finetuning):
        def on_train_end(self) -> None:
            note("trained")

    def make() -> TrainingModule:
        note("made")
        return Noting(scored, [], None, CLIP, MODEL, FINETUNE)

    train(TrainingJob("finetune", FINETUNE, Noting, make, dict), tmp_path / "progress")
    note("over")
    assert held == [("made", ["GPU-test.lock"]), ("trained", ["GPU-test.lock"]), ("over", [])]
