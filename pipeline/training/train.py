"""One training, as a process that may be one of many does it: its device, its readers, its share of each batch."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from pipeline.nets.chain import recompute
from pipeline.params import Finetune, Pretrain
from pipeline.training.fit import fit
from pipeline.training.haste import hasten
from pipeline.training.ranks import all_say, own_device, rank, world
from pipeline.training.stopping import naming_the_memory
from pipeline.training.task import Pace, Task
from pipeline.work.device import switched_on
from pipeline.work.sole_use import name_of, sole_use


@dataclass(frozen=True)
class Training:
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
    task: type[Task]
    make: Callable[[], Task]
    source: Callable[[], Mapping[str, Any]]


def train(training: Training, folder: Path, shown: Path | None = None) -> Task:
    """Train on this process's device, with all processes.

    Args:
        training: what to train.
        folder: keeps the progress; the same one for all processes.
        shown: where the curves are to be seen while they grow.

    Raises:
        ValueError: where it cannot be trained as told.
        StoppedError: where a signal asked for it.
    """
    kind, settings, place = training.kind, training.settings, own_device()
    with _devices_of_all(place):
        task = training.make()
        _check_share(kind, task.pace)
        if switched_on("MSN_CHECKPOINTING"):
            recompute(task.network)
        hasten(task, place, settings.sync_batch_norm)
        with naming_the_memory(kind, task.pace):
            fit(task, settings.epochs, settings.precision, folder, place, settings.sync_batch_norm, shown)
    return task


def _check_share(kind: str, pace: Pace) -> None:
    """See that the parts of a batch can be dealt among the processes.

    Raises:
        ValueError: naming the parameter, and what it may be.
    """
    if pace.accumulate % world():
        allowed = ", ".join(map(str, pace.divisions))
        raise ValueError(
            f"{kind}.accumulate is {pace.accumulate}, but {world()} processes share the parts of a batch of "
            f"{pace.batch}; allowed for so many processes: {allowed or 'none; take fewer processes'}"
        )


@contextmanager
def _devices_of_all(place: torch.device) -> Iterator[None]:
    """Hold the GPUs of all processes; each is taken in its turn by name, so that two runs never wait for each other."""
    names = all_say(name_of(place))
    with ExitStack() as held:
        for name in sorted({name for name in names if name}):
            if names.index(name) == rank():
                held.enter_context(sole_use(name))
            all_say(None, patiently=True)
        yield
