"""One training, as a process that may be one of many does it: its device, its readers, its share of each batch."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from pipeline.nets.ops.chain import use_activation_checkpointing
from pipeline.params import Finetune, Pretrain
from pipeline.training.acceleration import accelerate
from pipeline.training.batch_plan import BatchPlan
from pipeline.training.distributed import all_gather_objects, rank, world_size
from pipeline.training.environment import environment_flag
from pipeline.training.gpu_lock import gpu_uuid, hold_gpu
from pipeline.training.local_device import local_device
from pipeline.training.loop import fit
from pipeline.training.module import TrainingModule
from pipeline.training.out_of_memory import explain_out_of_memory


@dataclass(frozen=True)
class TrainingJob:
    """What is to be trained.

    Attributes:
        kind: of item in the store: pretrain or finetune.
        settings: the section `kind` of params.yaml.
        task: the class of what `make` makes, whose code shapes the weights.
        make: builds the task with its first weights.
        source: gives what else shapes the weights: parameters and content hashes, as JSON values.
    """

    kind: str
    settings: Pretrain | Finetune
    task: type[TrainingModule]
    make: Callable[[], TrainingModule]
    source: Callable[[], Mapping[str, Any]]


def train(training: TrainingJob, folder: Path, shown: Path | None = None) -> TrainingModule:
    """Train on this process's device, with all processes.

    Args:
        training: what to train.
        folder: keeps the progress; the same one for all processes.
        shown: where the curves are to be seen while they grow.

    Raises:
        ValueError: where it cannot be trained as told.
        StoppedError: where a signal asked for it.
    """
    kind, settings, place = training.kind, training.settings, local_device()
    with _hold_all_gpus(place):
        task = training.make()
        _check_accumulation(kind, task.pace)
        if environment_flag("MSN_CHECKPOINTING"):
            use_activation_checkpointing(task.network)
        accelerate(task, place, settings.sync_batch_norm)
        with explain_out_of_memory(kind, task.pace):
            fit(task, settings.epochs, settings.precision, folder, place, settings.sync_batch_norm, shown)
    return task


def _check_accumulation(kind: str, pace: BatchPlan) -> None:
    """See that the parts of a batch can be dealt among the processes.

    Raises:
        ValueError: naming the parameter, and what it may be.
    """
    if pace.accumulate % world_size():
        allowed = ", ".join(map(str, pace.divisions))
        raise ValueError(
            f"{kind}.accumulate is {pace.accumulate}, but {world_size()} processes share the parts of a batch of "
            f"{pace.batch}; allowed for so many processes: {allowed or 'none; take fewer processes'}"
        )


@contextmanager
def _hold_all_gpus(place: torch.device) -> Iterator[None]:
    """Hold the GPUs of all processes; each is taken in its turn by name, so that two runs never wait for each other."""
    names = all_gather_objects(gpu_uuid(place))
    with ExitStack() as held:
        for name in sorted({name for name in names if name}):
            if names.index(name) == rank():
                held.enter_context(hold_gpu(name))
            all_gather_objects(None, patiently=True)
        yield
