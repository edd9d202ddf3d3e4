"""One training job on this process's device: the GPU's lock, the module, acceleration, and the loop."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import torch

from pipeline.nets.ops.chain import use_activation_checkpointing
from pipeline.params.training import Finetune, Pretrain
from pipeline.runtime.environment import environment_flag
from pipeline.training.acceleration import accelerate
from pipeline.training.batch_plan import BatchPlan
from pipeline.training.distributed import all_gather_objects, rank, world_size
from pipeline.training.gpu_lock import gpu_uuid, hold_gpu
from pipeline.training.local_device import local_device
from pipeline.training.loop import fit
from pipeline.training.module import TrainingModule
from pipeline.training.out_of_memory import explain_out_of_memory

MakeModule = Callable[[], TrainingModule]  # creates a module with its initial weights


def train(
    kind: str, settings: Pretrain | Finetune, make_module: MakeModule, folder: Path, published: Path | None = None
) -> TrainingModule:
    """Train on this process's device, together with all other processes.

    Args:
        kind: of training: pretrain or finetune.
        settings: the section `kind` of params.yaml.
        make_module: creates the module.
        folder: for the checkpoint and the learning curves; the same one for all processes.
        published: a folder to which the learning curves are copied while they grow.

    Raises:
        ValueError: if it cannot be trained with these settings.
        StoppedError: if a signal asked it to stop.
    """
    device = local_device()
    with _hold_all_gpus(device):
        module = make_module()
        _check_accumulation(kind, module.plan)
        if environment_flag("MSN_CHECKPOINTING"):
            use_activation_checkpointing(module.network)
        accelerate(module, device, settings.sync_batch_norm)
        with explain_out_of_memory(kind, module.plan):
            fit(module, settings.epochs, settings.precision, folder, device, settings.sync_batch_norm, published)
    return module


def _check_accumulation(kind: str, plan: BatchPlan) -> None:
    """Check that the processes can share the microbatches of a batch equally.

    Raises:
        ValueError: naming the parameter and its allowed values.
    """
    if plan.accumulate % world_size():
        allowed = ", ".join(map(str, plan.allowed_accumulations))
        raise ValueError(
            f"{kind}.accumulate is {plan.accumulate}, but {world_size()} processes share the parts of a batch of "
            f"{plan.batch}; allowed for so many processes: {allowed or 'none; take fewer processes'}"
        )


@contextmanager
def _hold_all_gpus(device: torch.device) -> Iterator[None]:
    """Hold the locks of all processes' GPUs, taken in the order of their UUIDs, so that two runs cannot deadlock."""
    uuids = all_gather_objects(gpu_uuid(device))
    with ExitStack() as locks:
        for uuid in sorted({uuid for uuid in uuids if uuid}):
            if uuids.index(uuid) == rank():
                locks.enter_context(hold_gpu(uuid))
            all_gather_objects(None, long_timeout=True)
        yield
