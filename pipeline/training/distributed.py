"""The processes that train together, and how they exchange values (M. Li et al., "PyTorch Distributed", VLDB 2020).

Without a launcher there is one process, and every function here returns that process's own values. Only the first
process writes files; all compute their share of each batch.
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

LONG_TIMEOUT = timedelta(days=7)  # for processes that wait until another training has finished

_long_timeout_groups: list[Any] = []  # the group with that timeout, while processes are connected


def rank() -> int:
    """The number of this process, from 0, among those that train together."""
    return dist.get_rank() if dist.is_initialized() else 0


def world_size() -> int:
    """The number of processes that train together."""
    return dist.get_world_size() if dist.is_initialized() else 1


@contextmanager
def process_group() -> Iterator[None]:
    """Connect the processes that a launcher started; disconnect them when the block succeeds."""
    if not is_launched():
        yield
        return
    device, environment = local_device(), cluster_environment()
    os.environ |= {"MASTER_ADDR": environment.main_address, "MASTER_PORT": str(environment.main_port)}
    dist.init_process_group(
        "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo",
        rank=environment.global_rank(),
        world_size=environment.world_size(),
    )
    _long_timeout_groups.append(dist.new_group(backend="gloo", timeout=LONG_TIMEOUT))
    yield
    _long_timeout_groups.clear()
    dist.destroy_process_group()


def broadcast(value: Value, long_timeout: bool = False) -> Value:
    """Return the value of the first process; the values of the others are ignored.

    Args:
        value: of this process.
        long_timeout: whether the others may have to wait for hours.
    """
    values = [value]
    if world_size() > 1:
        dist.broadcast_object_list(values, group=_long_timeout_groups[0] if long_timeout else None)
    return values[0]


def any_rank(value: bool) -> bool:
    """Whether the value is true in any process."""
    if world_size() == 1:
        return value
    flag = torch.tensor(int(value))
    dist.all_reduce(flag, dist.ReduceOp.MAX)
    return bool(flag)


def all_gather_objects(value: Value, long_timeout: bool = False) -> list[Value]:
    """Return the values of all processes, in the order of their ranks; see `broadcast`."""
    values = [value] * world_size()
    if world_size() > 1:
        dist.all_gather_object(values, value, group=_long_timeout_groups[0] if long_timeout else None)
    return values


def all_gather_scalars(value: Float[Tensor, ""]) -> Float[Tensor, " processes"]:
    """Return a scalar tensor of each process, in the order of their ranks, on this process's device."""
    if world_size() == 1:
        return value.detach().reshape(1)
    values = value.new_empty(world_size())
    dist.all_gather_into_tensor(values, value.detach().reshape(1))
    return values


def all_reduce_sum(values: Tensor) -> Tensor:
    """Return the sum of a tensor over all processes."""
    if world_size() > 1:
        dist.all_reduce(values)
    return values
