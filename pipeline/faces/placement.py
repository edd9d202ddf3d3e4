"""Placement of jobs that run networks: on which device, and how many workers share a GPU."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import torch

from pipeline.device import device_name, parse_device, select_device, usable_device
from pipeline.parallel.dask_cluster import Placement, scheduler_address

WORKERS_PER_GPU = 4  # if MSN_WORKERS is unset; each worker also reads and warps frames


@dataclass(frozen=True)
class NetworkPlacement(Placement):
    """Workers that run networks on a device of one type.

    The type is part of an item's key, so the machine that runs the stage chooses it for all workers: the type that
    MSN_DEVICE names on that machine, else `cuda` if that machine has a GPU, else `cpu`. A worker without such a device
    fails its items instead of making different ones. `cuda` without a number lets each worker take a GPU of its
    machine; `cuda:1` is GPU 1 on every machine.

    Attributes:
        device: where the networks run.
        resources: see `Placement`.
        max_processes: see `Placement`.
    """

    device: torch.device
    resources: Mapping[str, float] = field(default_factory=dict)
    max_processes: int | None = None

    def enter(self, worker: str) -> None:
        """Spread workers over the GPUs of their machine, and check that the device exists.

        Raises:
            ValueError: if the device cannot be used on this machine.
        """
        if self.device.type == "cuda" and self.device.index is None and torch.cuda.device_count() > 1:
            torch.cuda.set_device(gpu_of_worker(worker, torch.cuda.device_count()))
        usable_device(str(self.device))


def network_placement() -> NetworkPlacement:
    """Return the placement of a stage that runs networks.

    Raises:
        ValueError: if MSN_DEVICE names no device, or, without a cluster, a device that this machine does not have.
    """
    device = parse_device(device_name()) if scheduler_address() else select_device()
    if device.type == "cpu":
        return NetworkPlacement(device)
    gpus = 1 if device.index is not None else max(torch.cuda.device_count(), 1)
    return NetworkPlacement(device, {"GPU": 1}, WORKERS_PER_GPU * gpus)


def gpu_of_worker(worker: str, gpus: int) -> int:
    """Return the number of a worker's GPU: the last number in the worker's name, modulo the number of GPUs it sees.

    Examples:
        >>> [gpu_of_worker(name, 4) for name in ("0", "5", "node7-2", "alone")]
        [0, 1, 2, 0]
    """
    numbers = re.findall(r"\d+", worker)
    return int(numbers[-1]) % gpus if numbers else 0
