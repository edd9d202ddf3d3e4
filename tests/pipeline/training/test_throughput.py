"""The share of time spent waiting for data is that of the loader alone, measured by a clock that the test sets."""

import itertools
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

import pipeline.training.checkpoint
import pipeline.training.throughput
from pipeline.runtime.processor_time import ProcessorTime
from pipeline.training.loop import fit
from pipeline.training.module import TrainingModule
from tests.pipeline.training.material import FINETUNE, finetuning, write_sequence

READ, COMPUTE, WRITE = 2.0, 5.0, 16.0  # seconds per microbatch, per loss, per checkpoint
COMPILE = 1000.0  # for the first loss


class _Clock:
    """Replaces the module `time`."""

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
    monkeypatch.setattr(pipeline.training.throughput, "read_processor_time", ProcessorTime)
    return clock


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: _Clock) -> TrainingModule:
    """A module with four steps per epoch, each of two microbatches and a checkpoint, which takes the stated seconds."""
    scored = [(write_sequence(tmp_path / f"r{n}", [12], seed=n), 9.0 * n) for n in range(3)]
    module = finetuning(scored, settings=FINETUNE.model_copy(update={"accumulate": 2}))
    _slow_down(monkeypatch, module, "loss", clock, itertools.chain([COMPILE], itertools.repeat(COMPUTE)))
    _slow_down(monkeypatch, module, "progress_state", clock, itertools.repeat(WRITE))
    sample = module.samples[0]

    class SlowSamples(torch.utils.data.Dataset[Any]):
        def __getitems__(self, numbers: Sequence[int]) -> list[Any]:
            clock.now += READ
            return [sample for _ in numbers]

    module.samples = SlowSamples()
    return module


def _slow_down(
    monkeypatch: pytest.MonkeyPatch, module: TrainingModule, name: str, clock: _Clock, seconds: Iterator[float]
) -> None:
    """Make each call of a method take the next number of seconds."""
    method = getattr(module, name)

    def slow(*arguments: Any) -> Any:
        clock.now += next(seconds)
        return method(*arguments)

    monkeypatch.setattr(module, name, slow)


def test_neither_computing_nor_checkpoints_count_as_waiting(
    module: TrainingModule, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    fit(module, 2, "32-true", tmp_path / "progress", torch.device("cpu"))
    # Microbatches of one sample: in the first epoch six come after the second one, with which the clock starts; in the
    # second epoch seven come after the first one. Three checkpoints lie between.
    summaries = []
    for microbatches in (6, 7):
        seconds = microbatches * (READ + COMPUTE) + 3 * WRITE
        summaries.append(
            f"{microbatches / seconds:.3g} samples/s, "
            f"{100 * microbatches * READ / seconds:.1f} % of the time waiting for data"
        )
    lines = [record.getMessage() for record in caplog.records if "waiting for data" in record.getMessage()]
    assert [line for line in lines if line.startswith("epoch")] == [
        f"epoch 1: {summaries[0]}",
        f"epoch 2: {summaries[1]}",
    ]


def test_progress_is_logged_within_long_epochs(
    module: TrainingModule, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    fit(module, 2, "32-true", tmp_path / "progress", torch.device("cpu"))
    lines = [record.getMessage() for record in caplog.records if record.getMessage().startswith("step")]
    # The fourth microbatch comes 30 seconds after the second one; then 13 of 16 are left, at 15 seconds each.
    assert lines[0] == "step 1 (epoch 1): 0.0667 samples/s, 13.3 % of the time waiting for data, 0:03:15 left"
    assert len(lines) > 2


def test_waiting_for_processors_is_said(
    module: TrainingModule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Threads that run for 1 s and wait for 3 s between any two readings."""
    readings = (ProcessorTime(1.0 * number, 3.0 * number) for number in itertools.count())
    monkeypatch.setattr(pipeline.training.throughput, "read_processor_time", lambda: next(readings))
    with caplog.at_level(logging.INFO):
        fit(module, 1, "32-true", tmp_path / "run", torch.device("cpu"))
    assert "threads of this training wait 75 % of their time for one" in caplog.text
