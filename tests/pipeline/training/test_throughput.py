"""The share of time spent waiting for data is that of the loader alone, by a clock that the test turns."""

import itertools
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

import pipeline.training.checkpoint
import pipeline.training.throughput
from pipeline.estimators.finetuning import Finetuning
from pipeline.training.loop import fit
from pipeline.training.module import TrainingModule
from pipeline.training.throughput import TimedLoader
from tests.pipeline.training.material import CLIP, FINETUNE, MODEL, write_sequence

READ, COMPUTE, WRITE = 2.0, 5.0, 16.0  # seconds for a part of a batch, for its loss, for a checkpoint
COMPILE = 1000.0  # for the first loss


class _Clock:
    """Stands in for the module time."""

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> _Clock:
    clock = _Clock()
    monkeypatch.setattr(pipeline.training.throughput, "time", clock)
    monkeypatch.setattr(pipeline.training.checkpoint, "MIN_INTERVAL", 0.0)
    monkeypatch.setattr(pipeline.training.checkpoint, "MAX_TIME_SHARE", 1e9)
    return clock


@pytest.fixture
def task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: _Clock) -> TrainingModule:
    """Four steps an epoch, each of two parts and a checkpoint."""
    scored = [(write_sequence(tmp_path / f"r{n}", [12], seed=n), 9.0 * n) for n in range(3)]
    task = Finetuning(scored, [], None, CLIP, MODEL, FINETUNE.model_copy(update={"accumulate": 2}))
    _also(monkeypatch, task, "loss", clock, itertools.chain([COMPILE], itertools.repeat(COMPUTE)))
    _also(monkeypatch, task, "on_save_checkpoint", clock, itertools.repeat(WRITE))
    plain = task.samples[0]

    class Slow(torch.utils.data.Dataset[Any]):
        def __getitems__(self, numbers: Sequence[int]) -> list[Any]:
            clock.now += READ
            return [plain for _ in numbers]

    task.samples = Slow()
    return task


def _also(
    monkeypatch: pytest.MonkeyPatch, task: TrainingModule, name: str, clock: _Clock, seconds: Iterator[float]
) -> None:
    plain = getattr(task, name)

    def slow(*arguments: Any) -> Any:
        clock.now += next(seconds)
        return plain(*arguments)

    monkeypatch.setattr(task, name, slow)


def test_neither_computing_nor_checkpoints_are_waiting(
    task: TrainingModule, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    fit(task, 2, "32-true", tmp_path / "progress", torch.device("cpu"))
    # Six and seven parts of one sample come after the second and the first one; three checkpoints lie between.
    told = []
    for parts in (6, 7):
        took = parts * (READ + COMPUTE) + 3 * WRITE
        told.append(f"{parts / took:.3g} samples/s, {100 * parts * READ / took:.1f} % of the time waiting for data")
    lines = [record.getMessage() for record in caplog.records if "waiting for data" in record.getMessage()]
    assert [line for line in lines if line.startswith("epoch")] == [f"epoch 1: {told[0]}", f"epoch 2: {told[1]}"]


def test_long_epochs_tell_how_far_they_are(
    task: TrainingModule, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    fit(task, 2, "32-true", tmp_path / "progress", torch.device("cpu"))
    lines = [record.getMessage() for record in caplog.records if record.getMessage().startswith("step")]
    # The fourth part comes 30 seconds after the second one; 13 of 16 parts are left then, at 15 seconds each.
    assert lines[0] == "step 1 (epoch 1): 0.0667 samples/s, 13.3 % of the time waiting for data, 0:03:15 left"
    assert len(lines) > 2


def test_the_first_batch_and_the_end_are_counted_too(clock: _Clock) -> None:
    class Three(torch.utils.data.Dataset[int]):
        def __len__(self) -> int:
            return 3

        def __getitem__(self, number: int) -> int:
            clock.now += READ
            return number

    loader = TimedLoader(Three(), batch_size=None)
    for epoch in (1, 2):
        for _ in loader:
            clock.now += COMPUTE
        assert loader.waited == epoch * 3 * READ
