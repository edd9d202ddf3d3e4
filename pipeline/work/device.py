"""Where networks run: a matter of speed, so it comes from the environment and not from params.yaml."""

import os
import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import torch

from pipeline.work.cluster import Place, scheduler_address

WORKERS_OF_A_GPU = 4  # processes that share one, where MSN_WORKERS does not say: each also reads and warps frames


def device() -> torch.device:
    """The device named by MSN_DEVICE (cpu, cuda, cuda:1, ...), else a GPU where there is one, else the CPU.

    Raises:
        ValueError: where MSN_DEVICE names something this machine does not have.
    """
    return _usable(_named())


def switched_on(name: str, otherwise: bool = False) -> bool:
    """Whether the environment variable `name` is 1 and not 0; `otherwise` where it is absent or empty.

    Raises:
        ValueError: where it is anything else.
    """
    value = os.environ.get(name) or str(int(otherwise))
    if value not in ("0", "1"):
        raise ValueError(f"{name} is {value!r}; allowed: 0 or 1")
    return value == "1"


@dataclass(frozen=True)
class NetworkPlace(Place):
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
            torch.cuda.set_device(gpu_of(worker, torch.cuda.device_count()))
        _usable(str(self.device))


def network_place() -> NetworkPlace:
    """Where the networks of a stage run, in whatever worker.

    Raises:
        ValueError: where MSN_DEVICE names no device, or, without a cluster, one that this machine does not have.
    """
    chosen = _parsed(_named()) if scheduler_address() else device()
    if chosen.type == "cpu":
        return NetworkPlace(chosen)
    gpus = 1 if chosen.index is not None else max(torch.cuda.device_count(), 1)
    return NetworkPlace(chosen, {"GPU": 1}, WORKERS_OF_A_GPU * gpus)


def gpu_of(worker: str, gpus: int) -> int:
    """The GPU of a worker: the last number in its name, counted round the GPUs it sees.

    Example:
        >>> [gpu_of(name, 4) for name in ("0", "5", "node7-2", "alone")]
        [0, 1, 2, 0]
    """
    numbers = re.findall(r"\d+", worker)
    return int(numbers[-1]) % gpus if numbers else 0


def _named() -> str:
    return os.environ.get("MSN_DEVICE") or ("cuda" if torch.cuda.is_available() else "cpu")


def _parsed(name: str) -> torch.device:
    try:
        return torch.device(name)
    except RuntimeError as error:
        raise _refused(name, error) from None


def _usable(name: str) -> torch.device:
    chosen = _parsed(name)
    try:
        torch.empty(1, device=chosen)
    except (RuntimeError, AssertionError) as error:
        raise _refused(name, error) from None
    return chosen


def _refused(name: str, error: Exception) -> ValueError:
    reason = str(error).splitlines()[0]
    return ValueError(
        f"the device {name!r} cannot be used on {platform.node()}: {reason}; allowed in MSN_DEVICE: cpu, cuda, cuda:N"
    )
