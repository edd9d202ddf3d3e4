"""Out of memory: an error that names the parameters to change."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from pipeline.training.batch_plan import BatchPlan
from pipeline.training.errors import TrainingError


@contextmanager
def explain_out_of_memory(section: str, plan: BatchPlan) -> Iterator[None]:
    """Replace an out-of-memory error by one that says how to train with less memory and the same effective batch.

    Args:
        section: of params.yaml: pretrain or finetune.
        plan: of the training.

    Raises:
        TrainingError: instead of PyTorch's error.
    """
    try:
        yield
    except RuntimeError as error:
        if not _is_out_of_memory(error):
            raise
        smaller = [count for count in plan.allowed_accumulations if count > plan.accumulate]
        if smaller:
            advice = f"-S {section}.accumulate={smaller[0]} computes the same batch in {smaller[0]} parts"
        else:
            advice = f"-S {section}.batch=N takes a smaller batch than {plan.batch}; parts hold one sample already"
        raise TrainingError(
            f"out of memory with {plan.microbatch} samples at once ({section}.batch {plan.batch}, {section}.accumulate "
            f"{plan.accumulate}): {advice}; MSN_CHECKPOINTING=1 keeps a third of the network's activations (and takes "
            f"1.4 times as long); PyTorch's message: {str(error).splitlines()[0]}"
        ) from error


def _is_out_of_memory(error: RuntimeError) -> bool:
    """PyTorch has a class for the error, but CUDA, its libraries and the CPU's allocator only have messages."""
    messages = ("out of memory", "not enough memory", "can't allocate memory", "STATUS_ALLOC_FAILED")
    return isinstance(error, torch.OutOfMemoryError) or any(message in str(error) for message in messages)
