"""A signal ends training behind a whole step; want of memory names the parameters that help."""

import os
import re
import signal

import pytest
import torch

import pipeline.training.batch_plan
from pipeline.training.batch_plan import BatchPlan, TrainingError
from pipeline.training.out_of_memory import explain_out_of_memory
from pipeline.training.preemption import SIGNALS, listen_for_signals


@pytest.mark.parametrize("number", SIGNALS)
def test_signals_are_noted_and_handlers_given_back(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with listen_for_signals() as request:
        assert request.name is None
        os.kill(os.getpid(), number)
        assert request.name == number.name
    assert signal.getsignal(number) == before


@pytest.mark.parametrize(
    ("batch", "accumulate", "change"),
    [
        (24, 1, "-S pretrain.accumulate=2 computes the same batch in 2 parts"),
        (24, 4, "-S pretrain.accumulate=6 computes"),
        (25, 1, "-S pretrain.accumulate=5 computes"),
        (24, 24, "-S pretrain.batch=N takes a smaller batch than 24"),
    ],
)
@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory: you tried"),
    ],
)
def test_want_of_memory_says_how_to_keep_the_effective_batch(
    error: RuntimeError, batch: int, accumulate: int, change: str
) -> None:
    found = f"out of memory with {batch // accumulate} samples at once.*{re.escape(change)}.*MSN_CHECKPOINTING=1"
    with (
        pytest.raises(TrainingError, match=found),
        explain_out_of_memory("pretrain", BatchPlan(3, batch, accumulate, 1)),
    ):
        raise error


@pytest.mark.parametrize(("accumulate", "advised"), [(2, 4), (4, 6), (12, 24)])
def test_the_advice_can_be_followed_by_several_processes(
    monkeypatch: pytest.MonkeyPatch, accumulate: int, advised: int
) -> None:
    monkeypatch.setattr(pipeline.training.batch_plan, "world_size", lambda: 2)
    pace = BatchPlan(3, 24, accumulate, 1)
    with pytest.raises(TrainingError, match=f"pretrain.accumulate={advised} "), explain_out_of_memory("pretrain", pace):
        raise torch.OutOfMemoryError("CUDA out of memory")


def test_a_real_allocation_that_is_too_large_is_recognised() -> None:
    with pytest.raises(TrainingError, match="out of memory"), explain_out_of_memory("finetune", BatchPlan(1, 2, 1, 1)):
        torch.empty(2**60)


def test_other_errors_are_left_alone() -> None:
    with pytest.raises(RuntimeError, match="else"), explain_out_of_memory("finetune", BatchPlan(1, 2, 1, 1)):
        raise RuntimeError("something else")
