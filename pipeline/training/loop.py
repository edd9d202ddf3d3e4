"""Train a task to a number of epochs, going on from its last checkpoint, in one process or in several together."""

import logging
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import lightning
import torch
import torch.utils.deterministic as determinism
from lightning.pytorch.callbacks import RichProgressBar
from lightning.pytorch.plugins.environments import LightningEnvironment
from lightning.pytorch.strategies import DDPStrategy

from pipeline.params import Precision
from pipeline.training.acceleration import cudnn_settings
from pipeline.training.batch_plan import TrainingError
from pipeline.training.checkpoint import Checkpointer, steps_done
from pipeline.training.curves import LearningCurves, write_summary
from pipeline.training.distributed import broadcast, rank, world_size
from pipeline.training.local_device import cluster_environment, local_processes
from pipeline.training.module import TrainingModule
from pipeline.training.preemption import listen_for_signals
from pipeline.training.throughput import Throughput

logger = logging.getLogger(__name__)

CHECKPOINT, CURVES = "last.ckpt", "curves"


def fit(
    task: TrainingModule,
    epochs: int,
    precision: Precision,
    folder: Path,
    device: torch.device,
    sync_batch_norm: bool = False,
    shown: Path | None = None,
) -> None:
    """Train `task` until it has done `epochs` epochs.

    A checkpoint in `folder` is gone on from, whether it was left by a killed training or by one of fewer epochs.

    Args:
        task: with its first weights; ends with the trained ones, on the CPU.
        epochs: how many, those of the checkpoint included.
        precision: of the forward pass and its gradients.
        folder: keeps the checkpoint and the curves.
        device: where to train.
        sync_batch_norm: whether batch norm takes its statistics over what all processes compute at once.
        shown: where the curves are to be seen while they grow.

    Raises:
        TrainingError: where the loss becomes infinite or is not a number, what is asked cannot be had here, or the
            checkpoint is already further.
        StoppedError: where SIGTERM or SIGUSR1 asked for it; the checkpoint holds the last whole step.
        KeyboardInterrupt: where someone stopped it; the checkpoint stays.
    """
    if precision != "32-true" and device.type == "cpu":  # where bfloat16 3D convolutions corrupt memory (PyTorch 2.14)
        raise TrainingError(f"precision {precision} needs a GPU; allowed on a CPU: 32-true")
    if sync_batch_norm and device.type == "cpu":
        raise TrainingError("sync_batch_norm needs GPUs; allowed on a CPU: false")
    first, parts = rank() == 0, len(task.pace.own)
    checkpoint = folder / CHECKPOINT
    wanted = epochs * task.pace.steps
    done = broadcast(steps_done(checkpoint) if first else 0)
    if done > wanted:
        raise TrainingError(
            f"{checkpoint} holds step {done}, which is behind the last step of {epochs} epochs, {wanted}"
        )
    if first:
        _begin(folder, done, wanted)
    waiting = Throughput(task.pace.part * world_size(), (wanted - done) * parts)
    with _quiet(), _deterministic(), cudnn_settings(device), listen_for_signals() as request:
        trainer = lightning.Trainer(
            accelerator="gpu" if device.type == "cuda" else device.type,
            precision=precision,
            max_epochs=epochs,
            accumulate_grad_batches=parts,
            logger=LearningCurves(folder / CURVES, done, shown) if first else False,
            callbacks=[waiting, Checkpointer(checkpoint, parts, request), _Progress(waiting)],
            log_every_n_steps=1,  # tasks draw their curves themselves
            enable_model_summary=False,
            default_root_dir=folder,
            deterministic=device.type == "cpu",  # GPUs are as fast as can be, and runs differ by rounding
            use_distributed_sampler=False,  # samples are dealt by their numbers
            sync_batchnorm=sync_batch_norm,
            **_processes(device),
        )
        # Lightning has the host wait for GPUs before every part, to hear of signals; KeepLast hears them without.
        trainer.fit_loop.epoch_loop._broadcast_sigterm_tensor = lambda: None  # type: ignore[method-assign]
        trainer.fit(task, ckpt_path=checkpoint if done else None, weights_only=True)
    if task.trainer.global_step != wanted:
        raise KeyboardInterrupt(f"stopped after {task.trainer.global_step} of {wanted} steps; run again to go on")
    if first:
        write_summary(folder / CURVES)


def _begin(folder: Path, done: int, wanted: int) -> None:
    """Say how much of the steps is done; before the first one, take away curves that end before any checkpoint."""
    if done:
        logger.info("%d of %d steps were done before", done, wanted)
    else:
        shutil.rmtree(folder / CURVES, ignore_errors=True)


def _processes(device: torch.device) -> dict[str, Any]:
    """What Lightning is told of the processes that train together, and of their devices."""
    if world_size() == 1:
        devices: list[int] | int = [device.index or 0] if device.type == "cuda" else 1
        return {"devices": devices, "plugins": [LightningEnvironment()]}
    strategy = DDPStrategy(broadcast_buffers=False, gradient_as_bucket_view=True)  # statistics are joined by the task
    here = local_processes()
    return {
        "devices": here,
        "num_nodes": world_size() // here,
        "plugins": [cluster_environment()],
        "strategy": strategy,
    }


class _Progress(RichProgressBar):
    """Lightning's progress bar with numbers that the host has: those of Lightning's log a GPU must be waited for."""

    def __init__(self, waiting: Throughput) -> None:
        super().__init__()
        self.waiting = waiting

    def get_metrics(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> dict[str, Any]:
        return {"loss": cast(TrainingModule, pl_module).latest, "waiting": self.waiting.share}


@contextmanager
def _deterministic() -> Iterator[None]:
    """Give back the process's settings that a deterministic Trainer changes, and spare what only looks for bugs."""
    enabled = torch.are_deterministic_algorithms_enabled()
    only_warn = torch.is_deterministic_algorithms_warn_only_enabled()
    filled = determinism.fill_uninitialized_memory  # type: ignore[attr-defined]
    determinism.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(enabled, warn_only=only_warn)
        determinism.fill_uninitialized_memory = filled  # type: ignore[attr-defined]


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Lightning's and DVCLive's remarks away, and warnings about what is as it should be here."""
    talkative = [logging.getLogger(name) for name in ("lightning.pytorch", "lightning.fabric", "dvclive")]
    levels = [talker.level for talker in talkative]
    for talker in talkative:
        talker.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", ".*does not have many workers.*")
            warnings.filterwarnings("ignore", ".*LeafSpec.*")  # of Lightning, about PyTorch
            warnings.filterwarnings("ignore", ".*AccumulateGrad node's stream.*")  # of recordings, which see to it
            warnings.filterwarnings("ignore", ".*your dataloader is not resumable.*")  # ours starts at the step reached
            yield
    finally:
        for talker, level in zip(talkative, levels, strict=True):
            talker.setLevel(level)
