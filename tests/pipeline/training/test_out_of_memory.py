"""An out-of-memory error names the parameters that reduce memory."""

import re

import pytest
import torch

import pipeline.training.batch_plan
from pipeline.training.batch_plan import BatchPlan
from pipeline.training.errors import TrainingError
from pipeline.training.out_of_memory import explain_out_of_memory


@pytest.mark.parametrize(
    ("batch", "accumulate", "advice"),
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
def test_the_error_says_how_to_keep_the_effective_batch(
    error: RuntimeError, batch: int, accumulate: int, advice: str
) -> None:
    message = f"out of memory with {batch // accumulate} samples at once.*{re.escape(advice)}.*MSN_CHECKPOINTING=1"
    with (
        pytest.raises(TrainingError, match=message),
        explain_out_of_memory("pretrain", BatchPlan(3, batch, accumulate, 1)),
    ):
        raise error


@pytest.mark.parametrize(("accumulate", "recommended"), [(2, 4), (4, 6), (12, 24)])
def test_several_processes_can_follow_the_advice(
    monkeypatch: pytest.MonkeyPatch, accumulate: int, recommended: int
) -> None:
    monkeypatch.setattr(pipeline.training.batch_plan, "world_size", lambda: 2)
    plan = BatchPlan(3, 24, accumulate, 1)
    with (
        pytest.raises(TrainingError, match=f"pretrain.accumulate={recommended} "),
        explain_out_of_memory("pretrain", plan),
    ):
        raise torch.OutOfMemoryError("CUDA out of memory")


def test_a_real_allocation_that_is_too_large_is_recognised() -> None:
    with pytest.raises(TrainingError, match="out of memory"), explain_out_of_memory("finetune", BatchPlan(1, 2, 1, 1)):
        torch.empty(2**60)


def test_other_errors_are_raised_unchanged() -> None:
    with pytest.raises(RuntimeError, match="else"), explain_out_of_memory("finetune", BatchPlan(1, 2, 1, 1)):
        raise RuntimeError("something else")
