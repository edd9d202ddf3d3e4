"""Faster training on a GPU: convolutions as 2D, compiled parts, CUDA graphs, and processes that read samples.

Results differ by rounding alone. docs/explanation/training-speed.md tells what each of these gains.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from pipeline.nets.layers import use_conv2d
from pipeline.nets.ops.chain import Chain
from pipeline.nets.ops.compiler import compile_obstacle, is_allowed
from pipeline.parallel.worker_count import worker_count
from pipeline.training.distributed import world_size
from pipeline.training.module import TrainingModule

logger = logging.getLogger(__name__)

MAX_LOADER_WORKERS = 4  # processes that read samples for a GPU: reading is a copy from mapped memory


def accelerate(module: TrainingModule, device: torch.device, sync_batch_norm: bool = False) -> None:
    """Prepare a module for training on a GPU; for a CPU it is left unchanged.

    Its parts are not compiled if MSN_COMPILE is 0, if the machine lacks what that needs, or with SyncBatchNorm.

    Args:
        module: before training.
        device: that it will be trained on.
        sync_batch_norm: whether batch norm will communicate with other processes.
    """
    if device.type != "cuda":
        return
    compiles = is_allowed() and not sync_batch_norm
    if compiles and (obstacle := compile_obstacle(device)):
        logger.info("%s: nothing is compiled, and a step takes about 1.5 times as long", obstacle)
        compiles = False
    module.loader_workers = _loader_workers()
    use_conv2d(module.network)
    chains = [layer for layer in module.network.modules() if isinstance(layer, Chain)]
    for chain in chains if compiles else ():
        chain.compile_parts()
    # A replay overwrites the gradients of the one before, so it allows no accumulation. Communication between
    # processes and recomputed layers cannot be captured.
    recomputes = any(chain.checkpoints_activations for chain in chains)
    module.uses_cuda_graphs = module.plan.accumulate == 1 and world_size() == 1 and not recomputes


@contextmanager
def cudnn_settings(device: torch.device) -> Iterator[None]:
    """Let a GPU use TF32 for 32-bit products and the fastest of all cuDNN algorithms; restore the settings afterwards.

    cuDNN remembers the algorithm of each size. A size that was convolved before without these settings keeps the
    algorithm that a heuristic chose.
    """
    cudnn = torch.backends.cudnn
    before = torch.get_float32_matmul_precision(), cudnn.allow_tf32, cudnn.benchmark, cudnn.benchmark_limit
    if device.type == "cuda":
        torch.set_float32_matmul_precision("high")
        cudnn.allow_tf32, cudnn.benchmark, cudnn.benchmark_limit = True, True, 0  # 0: try all algorithms
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before[0])
        cudnn.allow_tf32, cudnn.benchmark, cudnn.benchmark_limit = before[1:]


def _loader_workers() -> int:
    """The number of processes that read samples for this one; 0 with a single worker.

    Processes of torchrun see the processors of all of them, those of SLURM only their own.
    """
    workers = worker_count()
    local_world_size = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    return 0 if workers == 1 else min(max(workers // local_world_size, 1), MAX_LOADER_WORKERS)
