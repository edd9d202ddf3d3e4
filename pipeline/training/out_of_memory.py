"""TODO docstring."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from pipeline.training.batch_plan import BatchPlan, TrainingError


@contextmanager
def explain_out_of_memory(section: str, pace: BatchPlan) -> Iterator[None]:
    """Turn the want of memory into an error that says which parameters to change, with the effective batch kept.

    Args:
        section: of params.yaml: pretrain or finetune.
        pace: of the training.

    Raises:
        TrainingError: instead of PyTorch's.
    """
    try:
        yield
    except RuntimeError as error:
        if not _is_out_of_memory(error):
            raise
        more = [parts for parts in pace.divisions if parts > pace.accumulate]
        change = f"-S {section}.accumulate={more[0]} computes the same batch in {more[0]} parts" if more else ""
        change = (
            change or f"-S {section}.batch=N takes a smaller batch than {pace.batch}; parts hold one sample already"
        )
        raise TrainingError(
            f"out of memory with {pace.part} samples at once ({section}.batch {pace.batch}, {section}.accumulate "
            f"{pace.accumulate}): {change}; MSN_CHECKPOINTING=1 keeps a third of what the network computes (and takes "
            f"1.4 times as long); what PyTorch said: {str(error).splitlines()[0]}"
        ) from error


def _is_out_of_memory(error: RuntimeError) -> bool:
    """PyTorch has a class of its own for it; CUDA, its libraries and the CPU's allocator say it in words."""
    words = ("out of memory", "not enough memory", "can't allocate memory", "STATUS_ALLOC_FAILED")
    return isinstance(error, torch.OutOfMemoryError) or any(word in str(error) for word in words)
