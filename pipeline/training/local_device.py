"""TODO docstring."""

import os

import torch
from lightning.pytorch.plugins.environments import (
    ClusterEnvironment,
    LightningEnvironment,
    SLURMEnvironment,
    TorchElasticEnvironment,
)

from pipeline.device import select_device
from pipeline.training.launcher import is_launched


def cluster_environment() -> ClusterEnvironment:
    """What Lightning asks about the processes. SLURM's requeueing is its own matter: checkpoints are ours."""
    if not is_launched():
        return LightningEnvironment()
    return TorchElasticEnvironment() if TorchElasticEnvironment.detect() else SLURMEnvironment(auto_requeue=False)


def local_processes() -> int:
    """How many of the processes run on this machine."""
    names = ("LOCAL_WORLD_SIZE", "SLURM_NTASKS_PER_NODE")  # of torchrun, of SLURM
    return next((int(os.environ[name]) for name in names if name in os.environ), 1) if is_launched() else 1


def local_device() -> torch.device:
    """The device of this process: of the GPUs of its machine, each takes one.

    Raises:
        ValueError: where there are fewer GPUs than processes, or MSN_DEVICE names one of them for all.
    """
    here, seen = local_processes(), torch.cuda.device_count()
    own = cluster_environment().local_rank()
    if 1 < here <= seen:
        torch.cuda.set_device(own)  # before anything is put on another's
    place = select_device()
    if place.type != "cuda" or here == 1:
        return place
    if place.index is not None or seen < here:
        raise ValueError(
            f"{here} processes on this machine, {seen} GPUs seen by each, MSN_DEVICE "
            f"{os.environ.get('MSN_DEVICE', 'not set')}; allowed: as many GPUs as processes, all seen by all (in SLURM "
            "--gpus-per-node, not --gpus-per-task), and MSN_DEVICE=cuda or cpu"
        )
    return torch.device("cuda", own)
