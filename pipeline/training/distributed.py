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
from torch import Tensor

from pipeline.training.launcher import is_launched
from pipeline.training.local_device import cluster_environment, local_device

Value = TypeVar("Value")

LONG_TIMEOUT = timedelta(days=7)  # for a process that waits for another run

_patient_groups: list[Any] = []  # the group that may wait so long, while processes are together


def rank() -> int:
    """The number of this process, from 0, among those that train together."""
    return dist.get_rank() if dist.is_initialized() else 0


def world_size() -> int:
    """How many processes train together."""
    return dist.get_world_size() if dist.is_initialized() else 1


@contextmanager
def process_group() -> Iterator[None]:
    """Join the processes that a launcher started; part again when the block ends well."""
    if not is_launched():
        yield
        return
    place, environment = local_device(), cluster_environment()
    os.environ |= {"MASTER_ADDR": environment.main_address, "MASTER_PORT": str(environment.main_port)}
    dist.init_process_group(
        "cpu:gloo,cuda:nccl" if place.type == "cuda" else "gloo",
        rank=environment.global_rank(),
        world_size=environment.world_size(),
    )
    _patient_groups.append(dist.new_group(backend="gloo", timeout=LONG_TIMEOUT))
    yield
    _patient_groups.clear()
    dist.destroy_process_group()


def broadcast(value: Value, patiently: bool = False) -> Value:
    """What the first process calls this with; the others' values are not looked at.

    Args:
        value: of this process.
        patiently: whether the others may have to wait for hours.
    """
    said = [value]
    if world_size() > 1:
        dist.broadcast_object_list(said, group=_patient_groups[0] if patiently else None)
    return said[0]


def any_rank(value: bool) -> bool:
    """Whether any process says so."""
    if world_size() == 1:
        return value
    said = torch.tensor(int(value))
    dist.all_reduce(said, dist.ReduceOp.MAX)
    return bool(said)


def all_gather_objects(value: Value, patiently: bool = False) -> list[Value]:
    """The value of every process, in the order of their numbers; see `broadcast`."""
    said = [value] * world_size()
    if world_size() > 1:
        dist.all_gather_object(said, value, group=_patient_groups[0] if patiently else None)
    return said


def all_gather_scalars(value: Float[Tensor, ""]) -> Float[Tensor, " processes"]:
    """A number that each process has on its device, from all of them in the order of their numbers."""
    if world_size() == 1:
        return value.detach().reshape(1)
    numbers = value.new_empty(world_size())
    dist.all_gather_into_tensor(numbers, value.detach().reshape(1))
    return numbers


def all_reduce_sum(values: Tensor) -> Tensor:
    """The sum over all processes."""
    if world_size() > 1:
        dist.all_reduce(values)
    return values
