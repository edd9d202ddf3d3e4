"""TODO docstring."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import torch

from pipeline.device import device_name, parse_device, select_device, usable_device
from pipeline.parallel.dask_cluster import Placement, scheduler_address

WORKERS_PER_GPU = 4  # processes that share one, where MSN_WORKERS does not say: each also reads and warps frames


@dataclass(frozen=True)
class NetworkPlacement(Placement):
    """Workers that run networks, on a device of one type.

    The type is part of an item's key, and one machine settles it for all: the one that runs the stage. It is the
    type that MSN_DEVICE names there, else `cuda` where that machine has a GPU, else `cpu`. A worker that has no such
    device fails its items instead of making others. `cuda` without a number leaves it to each worker which GPU
    to take; `cuda:1` is that one everywhere.
    """

    device: torch.device
    resources: Mapping[str, float] = field(default_factory=dict)
    most: int | None = None

    def enter(self, worker: str) -> None:
        """See that the device is there; spread workers over the GPUs of their machine."""
        if self.device.type == "cuda" and self.device.index is None and torch.cuda.device_count() > 1:
            torch.cuda.set_device(gpu_of_worker(worker, torch.cuda.device_count()))
        usable_device(str(self.device))


def network_placement() -> NetworkPlacement:
    """Where the networks of a stage run, in whatever worker.

    Raises:
        ValueError: where MSN_DEVICE names no device, or, without a cluster, one that this machine does not have.
    """
    chosen = parse_device(device_name()) if scheduler_address() else select_device()
    if chosen.type == "cpu":
        return NetworkPlacement(chosen)
    gpus = 1 if chosen.index is not None else max(torch.cuda.device_count(), 1)
    return NetworkPlacement(chosen, {"GPU": 1}, WORKERS_PER_GPU * gpus)


def gpu_of_worker(worker: str, gpus: int) -> int:
    """The GPU of a worker: the last number in its name, counted round the GPUs it sees.

    Example:
        >>> [gpu_of(name, 4) for name in ("0", "5", "node7-2", "alone")]
        [0, 1, 2, 0]
    """
    numbers = re.findall(r"\d+", worker)
    return int(numbers[-1]) % gpus if numbers else 0
