"""Training that is told to stop, or cannot get the memory it needs: what is done then, and what is said."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import torch

from pipeline.training.task import Pace, TrainingError

SIGNALS = (signal.SIGTERM, signal.SIGUSR1)  # of queues: the second is what SLURM's --signal asks for


class StoppedError(SystemExit):
    """Training was told to stop, and its checkpoint is written; the process ends with the message and status 1."""


class Request:
    """Whether a signal asked this process to stop."""

    def __init__(self) -> None:
        """Nothing was asked yet."""
        self.name: str | None = None

    def listen(self) -> None:
        """Take the signals over. Lightning has handlers of its own, which would end between two parts of a batch."""
        for number in SIGNALS:
            signal.signal(number, self._note)

    def _note(self, number: int, frame: FrameType | None) -> None:
        """Take the signal up: the step that runs is finished first."""
        self.name = signal.Signals(number).name


@contextmanager
def listening() -> Iterator[Request]:
    """Note the signals that ask to stop, instead of ending at once; give the handlers back behind the block."""
    request = Request()
    before = {number: signal.getsignal(number) for number in SIGNALS}
    request.listen()
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def naming_the_memory(section: str, pace: Pace) -> Iterator[None]:
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
        if not _wants_memory(error):
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


def _wants_memory(error: RuntimeError) -> bool:
    """PyTorch has a class of its own for it; CUDA, its libraries and the CPU's allocator say it in words."""
    words = ("out of memory", "not enough memory", "can't allocate memory", "STATUS_ALLOC_FAILED")
    return isinstance(error, torch.OutOfMemoryError) or any(word in str(error) for word in words)
