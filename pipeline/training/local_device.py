"""The device of each training process, and what its launcher says about the processes."""

import os

import torch
from lightning.fabric.plugins.environments import (
    ClusterEnvironment,
    LightningEnvironment,
    SLURMEnvironment,
    TorchElasticEnvironment,
)

from pipeline.device import select_device
from pipeline.training.launcher import is_launched


def cluster_environment() -> ClusterEnvironment:
    """Return ranks and addresses as Fabric reads them; SLURM's requeueing is off, because checkpoints are ours."""
    if not is_launched():
        return LightningEnvironment()
    return TorchElasticEnvironment() if TorchElasticEnvironment.detect() else SLURMEnvironment(auto_requeue=False)


def local_processes() -> int:
    """Return the number of training processes on this machine."""
    names = ("LOCAL_WORLD_SIZE", "SLURM_NTASKS_PER_NODE")  # of torchrun, of SLURM
    return next((int(os.environ[name]) for name in names if name in os.environ), 1) if is_launched() else 1


def local_device() -> torch.device:
    """Return the device of this process; each process of a machine takes one of its GPUs.

    Raises:
        ValueError: if there are fewer GPUs than processes, or MSN_DEVICE names a single GPU for all processes.
    """
    processes, gpus = local_processes(), torch.cuda.device_count()
    local_rank = cluster_environment().local_rank()
    if 1 < processes <= gpus:
        torch.cuda.set_device(local_rank)  # before anything is put on another process's GPU
    device = select_device()
    if device.type != "cuda" or processes == 1:
        return device
    if device.index is not None or gpus < processes:
        raise ValueError(
            f"{processes} processes on this machine, {gpus} GPUs seen by each, MSN_DEVICE "
            f"{os.environ.get('MSN_DEVICE', 'not set')}; allowed: as many GPUs as processes, all seen by all (in SLURM "
            "--gpus-per-node, not --gpus-per-task), and MSN_DEVICE=cuda or cpu"
        )
    return torch.device("cuda", local_rank)
