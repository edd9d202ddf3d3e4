"""What has a GPU train fast: convolutions as images, compiled parts, recorded steps, processes that read for it.

Results differ by rounding alone. docs/training-speed.md says what each of them brings.
"""

import importlib.util
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from pipeline.nets.layers import use_conv2d
from pipeline.nets.ops.chain import Chain
from pipeline.parallel.worker_count import worker_count
from pipeline.training.distributed import world_size
from pipeline.training.environment import environment_flag
from pipeline.training.module import TrainingModule

logger = logging.getLogger(__name__)

MAX_LOADER_WORKERS = 4  # processes that read samples for a GPU: reading is a copy from mapped memory
CAPABILITY = (7, 0)  # of a GPU, which Triton needs
COMPILERS = ("cc", "gcc", "clang")  # of C, which Triton needs


def accelerate(task: TrainingModule, device: torch.device, sync_batch_norm: bool = False) -> None:
    """Arrange a task for a GPU; on a CPU it stays as it is.

    MSN_COMPILE=0 leaves its parts uncompiled; so does a machine that cannot compile for it, and SyncBatchNorm.

    Args:
        task: before training.
        device: where it will be trained.
        sync_batch_norm: whether batch norm will talk to other processes.
    """
    if device.type != "cuda":
        return
    compiles = environment_flag("MSN_COMPILE", otherwise=True) and not sync_batch_norm
    if compiles and (lacking := _missing_compiler(device)):
        logger.info("%s: nothing is compiled, and a step takes about 1.5 times as long", lacking)
        compiles = False
    task.workers = _loader_workers()
    use_conv2d(task.network)
    chains = [module for module in task.network.modules() if isinstance(module, Chain)]
    for chain in chains if compiles else ():
        chain.compile_parts()
    # Gradients of a replay are overwritten by the next one; others' processes, and layers that run again, have no part
    # in a recording.
    task.records = task.pace.accumulate == 1 and world_size() == 1 and not any(chain.recomputes for chain in chains)


def _missing_compiler(device: torch.device) -> str | None:
    """What is missing to compile for a GPU."""
    if importlib.util.find_spec("triton") is None:
        return "there is no Triton"
    if not any(map(shutil.which, COMPILERS)):
        return f"there is no C compiler ({', '.join(COMPILERS)})"
    if (found := torch.cuda.get_device_capability(device)) < CAPABILITY:
        return f"this GPU has compute capability {found[0]}.{found[1]}, and Triton needs {CAPABILITY[0]}.0"
    return None


@contextmanager
def cudnn_settings(device: torch.device) -> Iterator[None]:
    """Let a GPU use TF32 for what is left in 32 bits, and the fastest of all of cuDNN's algorithms, found by trying.

    Whatever is convolved before without this keeps the algorithm that was guessed for it, here too: cuDNN's choices are
    remembered by sizes. Settings are given back.
    """
    cudnn = torch.backends.cudnn
    before = torch.get_float32_matmul_precision(), cudnn.allow_tf32, cudnn.benchmark, cudnn.benchmark_limit
    if device.type == "cuda":
        torch.set_float32_matmul_precision("high")
        cudnn.allow_tf32, cudnn.benchmark, cudnn.benchmark_limit = True, True, 0  # no limit
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before[0])
        cudnn.allow_tf32, cudnn.benchmark, cudnn.benchmark_limit = before[1:]


def _loader_workers() -> int:
    """How many processes read for this one: none where there is to be one worker.

    Those of torchrun see the processors of all, those of SLURM their own.
    """
    workers = worker_count()
    return (
        0 if workers == 1 else min(max(workers // int(os.environ.get("LOCAL_WORLD_SIZE", "1")), 1), MAX_LOADER_WORKERS)
    )
