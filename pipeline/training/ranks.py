"""The processes that train together: who is first, what they tell each other, and the device of each.

Without a launcher there is one process, and all that is here gives back what it was given. The first process alone
writes: the others compute their share of each batch (M. Li et al., "PyTorch Distributed", VLDB 2020).
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from jaxtyping import Float
from lightning.pytorch.plugins.environments import (
    ClusterEnvironment,
    LightningEnvironment,
    SLURMEnvironment,
    TorchElasticEnvironment,
)
from torch import Tensor

from pipeline.work.device import device
from pipeline.work.launch import launched

Value = TypeVar("Value")

LONGEST_WAIT = timedelta(days=7)  # for a process that waits for another run

_waiting: list[Any] = []  # the group that may wait so long, while processes are together


def rank() -> int:
    """The number of this process, from 0, among those that train together."""
    return dist.get_rank() if dist.is_initialized() else 0


def world() -> int:
    """How many processes train together."""
    return dist.get_world_size() if dist.is_initialized() else 1


def cluster() -> ClusterEnvironment:
    """What Lightning asks about the processes. SLURM's requeueing is its own matter: checkpoints are ours."""
    if not launched():
        return LightningEnvironment()
    return TorchElasticEnvironment() if TorchElasticEnvironment.detect() else SLURMEnvironment(auto_requeue=False)


def processes_here() -> int:
    """How many of the processes run on this machine."""
    names = ("LOCAL_WORLD_SIZE", "SLURM_NTASKS_PER_NODE")  # of torchrun, of SLURM
    return next((int(os.environ[name]) for name in names if name in os.environ), 1) if launched() else 1


@contextmanager
def together() -> Iterator[None]:
    """Join the processes that a launcher started; part again when the block ends well."""
    if not launched():
        yield
        return
    place, environment = own_device(), cluster()
    os.environ |= {"MASTER_ADDR": environment.main_address, "MASTER_PORT": str(environment.main_port)}
    dist.init_process_group(
        "cpu:gloo,cuda:nccl" if place.type == "cuda" else "gloo",
        rank=environment.global_rank(),
        world_size=environment.world_size(),
    )
    _waiting.append(dist.new_group(backend="gloo", timeout=LONGEST_WAIT))
    yield
    _waiting.clear()
    dist.destroy_process_group()


def own_device() -> torch.device:
    """The device of this process: of the GPUs of its machine, each takes one.

    Raises:
        ValueError: where there are fewer GPUs than processes, or MSN_DEVICE names one of them for all.
    """
    here, seen = processes_here(), torch.cuda.device_count()
    own = cluster().local_rank()
    if 1 < here <= seen:
        torch.cuda.set_device(own)  # before anything is put on another's
    place = device()
    if place.type != "cuda" or here == 1:
        return place
    if place.index is not None or seen < here:
        raise ValueError(
            f"{here} processes on this machine, {seen} GPUs seen by each, MSN_DEVICE "
            f"{os.environ.get('MSN_DEVICE', 'not set')}; allowed: as many GPUs as processes, all seen by all (in SLURM "
            "--gpus-per-node, not --gpus-per-task), and MSN_DEVICE=cuda or cpu"
        )
    return torch.device("cuda", own)


def first_says(value: Value, patiently: bool = False) -> Value:
    """What the first process calls this with; the others' values are not looked at.

    Args:
        value: of this process.
        patiently: whether the others may have to wait for hours.
    """
    said = [value]
    if world() > 1:
        dist.broadcast_object_list(said, group=_waiting[0] if patiently else None)
    return said[0]


def any_says(value: bool) -> bool:
    """Whether any process says so."""
    if world() == 1:
        return value
    said = torch.tensor(int(value))
    dist.all_reduce(said, dist.ReduceOp.MAX)
    return bool(said)


def all_say(value: Value, patiently: bool = False) -> list[Value]:
    """The value of every process, in the order of their numbers; see `first_says`."""
    said = [value] * world()
    if world() > 1:
        dist.all_gather_object(said, value, group=_waiting[0] if patiently else None)
    return said


def gathered(value: Float[Tensor, ""]) -> Float[Tensor, " processes"]:
    """A number that each process has on its device, from all of them in the order of their numbers."""
    if world() == 1:
        return value.detach().reshape(1)
    numbers = value.new_empty(world())
    dist.all_gather_into_tensor(numbers, value.detach().reshape(1))
    return numbers


def summed(values: Tensor) -> Tensor:
    """The sum over all processes."""
    if world() > 1:
        dist.all_reduce(values)
    return values
