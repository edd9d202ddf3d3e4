"""Train a task to a number of epochs, going on from its last checkpoint."""

import logging
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import lightning
import torch
import torch.utils.deterministic as determinism
from lightning.pytorch.callbacks import RichProgressBar

from pipeline.params import Precision
from pipeline.training.checkpoint import KeepLast, steps_done
from pipeline.training.curves import curve_logger, summarise
from pipeline.training.stopping import listening
from pipeline.training.task import Task, TrainingError
from pipeline.training.waiting import Waiting

logger = logging.getLogger(__name__)

CHECKPOINT, CURVES = "last.ckpt", "curves"


def fit(task: Task, epochs: int, precision: Precision, folder: Path, device: torch.device) -> None:
    """Train `task` until it has done `epochs` epochs.

    A checkpoint in `folder` is gone on from, whether it was left by a killed training or by one of fewer epochs; one
    that is already further is of no use, and training starts anew.

    Args:
        task: with its first weights; ends with the trained ones, on the CPU.
        epochs: how many, those of the checkpoint included.
        precision: of the forward pass and its gradients.
        folder: keeps the checkpoint and the curves.
        device: where to train.

    Raises:
        TrainingError: where the loss becomes infinite or is not a number, or the precision cannot be had here.
        StoppedError: where SIGTERM or SIGUSR1 asked for it; the checkpoint holds the last whole step.
        KeyboardInterrupt: where someone stopped it; the checkpoint stays.
    """
    if precision != "32-true" and device.type == "cpu":  # where bfloat16 3D convolutions corrupt memory (PyTorch 2.14)
        raise TrainingError(f"precision {precision} needs a GPU; allowed on a CPU: 32-true")
    checkpoint = folder / CHECKPOINT
    wanted, done = epochs * task.pace.steps, steps_done(checkpoint)
    if done > wanted:
        logger.info("a training of more epochs went on from here: starting anew")
        done = 0
    if not done:
        checkpoint.unlink(missing_ok=True)
        shutil.rmtree(folder / CURVES, ignore_errors=True)
    else:
        logger.info("%d of %d steps were done before", done, wanted)
    with _quiet(), _deterministic(), _fast_on_gpus(), listening() as request:
        trainer = lightning.Trainer(
            accelerator="gpu" if device.type == "cuda" else device.type,
            devices=[device.index or 0] if device.type == "cuda" else 1,
            precision=precision,
            max_epochs=epochs,
            accumulate_grad_batches=task.pace.accumulate,
            logger=curve_logger(folder / CURVES, done),
            callbacks=[Waiting(task.pace.part), KeepLast(checkpoint, task.pace.accumulate, request), _Progress()],
            log_every_n_steps=1,  # tasks draw their curves themselves
            enable_model_summary=False,
            default_root_dir=folder,
            deterministic=True if device.type == "cpu" else "warn",
            benchmark=device.type == "cuda",  # among cuDNN's algorithms: sizes never change
        )
        trainer.fit(task, ckpt_path=checkpoint if done else None, weights_only=True)
    if task.trainer.global_step != wanted:
        raise KeyboardInterrupt(f"stopped after {task.trainer.global_step} of {wanted} steps; run again to go on")
    summarise(folder / CURVES)


class _Progress(RichProgressBar):
    """Lightning's progress bar without the name of the logger."""

    def get_metrics(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> dict[str, Any]:
        return {name: value for name, value in super().get_metrics(trainer, pl_module).items() if name != "v_num"}


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
def _fast_on_gpus() -> Iterator[None]:
    """Let 32-bit products use TF32 where a GPU has it, and give back the process's settings."""
    cudnn = torch.backends.cudnn
    matmul, convolution, autotune = torch.get_float32_matmul_precision(), cudnn.allow_tf32, cudnn.benchmark
    torch.set_float32_matmul_precision("high")
    cudnn.allow_tf32 = True
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(matmul)
        cudnn.allow_tf32, cudnn.benchmark = convolution, autotune


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
            warnings.filterwarnings("ignore", ".*your dataloader is not resumable.*")  # ours starts at the step reached
            yield
    finally:
        for talker, level in zip(talkative, levels, strict=True):
            talker.setLevel(level)
