"""The checkpoint of a training in progress: written aside and renamed, so that there is always a whole one.

Of several processes the first one writes it, when all have done the same step.
"""

import os
import time
from pathlib import Path
from typing import Any, cast

import lightning
import torch
from lightning.pytorch.callbacks import Checkpoint

from pipeline.training.batch_plan import TrainingError
from pipeline.training.distributed import all_gather_objects, any_rank, rank
from pipeline.training.preemption import StoppedError, StopRequest

MIN_INTERVAL = 10.0  # between checkpoints, at least
MAX_TIME_SHARE = 0.02  # of the time may go into writing them
PARTS = "parts"  # of a batch, that the process which wrote a checkpoint computed


class Checkpointer(Checkpoint):
    """Writes the checkpoint at the end of every epoch, and within an epoch as often as it costs little.

    When it is written changes nothing about the training. Lightning calls callbacks of this class after all else that
    happens at the end of an epoch, so the measurements are in it.
    """

    def __init__(self, path: Path, parts: int, request: StopRequest) -> None:
        """Take the file to keep, the parts of a batch that this process computes, and where a wish to stop is noted."""
        self.path = path
        self.request = request
        self.parts = parts
        self.wait = MIN_INTERVAL
        self.written = time.monotonic()

    def on_save_checkpoint(
        self, trainer: lightning.Trainer, module: lightning.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Note how many parts of a batch are a step of this process: Lightning counts parts."""
        checkpoint[PARTS] = self.parts

    def on_load_checkpoint(
        self, trainer: lightning.Trainer, module: lightning.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Count what was done in parts of this process: it may compute more or fewer of a batch than the writer."""
        progress = checkpoint["loops"]["fit_loop"]["epoch_loop.batch_progress"]
        for counted in (progress["total"], progress["current"]):
            more = counted["ready"] // checkpoint[PARTS] * self.parts - counted["ready"]
            for event in counted:  # of which Lightning has counted the last part as all but completed
                counted[event] += more

    def on_train_start(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """Hear the signals from here on."""
        self.request.listen()

    def on_train_batch_end(
        self, trainer: lightning.Trainer, module: lightning.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Write after a whole step where it is time; the last step of an epoch waits for the end of the epoch.

        Raises:
            StoppedError: after writing, where a signal asked for it.
            TrainingError: instead of writing weights that are no finite numbers.
        """
        stepped = (batch_idx + 1) % self.parts == 0
        if not stepped or trainer.is_last_batch:
            return
        if any_rank(self.request.name is not None or time.monotonic() - self.written >= self.wait):
            self._write(trainer, module)

    def on_train_epoch_end(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """Write when the epoch is over and measured.

        Raises:
            StoppedError: after writing, where a signal asked for it.
            TrainingError: instead of writing weights that are no finite numbers.
        """
        self._write(trainer, module)

    def _write(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        begun = time.monotonic()
        if not _is_finite(module):
            raise TrainingError(
                f"a weight is no finite number after step {trainer.global_step} (epoch {trainer.current_epoch + 1}), "
                "though the loss was one; the checkpoint before stays: lower the learning rate, or set precision to "
                "32-true"
            )
        partial = self.path.with_name(self.path.name + ".partial")
        trainer.save_checkpoint(partial)  # by the first process, when all are here
        if rank() == 0:
            os.replace(partial, self.path)
        self.written = time.monotonic()
        self.wait = max(MIN_INTERVAL, (self.written - begun) / MAX_TIME_SHARE)
        asked = [name for name in all_gather_objects(self.request.name) if name]
        if asked:
            raise StoppedError(
                f"{asked[0]}: stopped after step {trainer.global_step}, which the checkpoint holds; "
                "run the same again to go on from there"
                if rank() == 0
                else 1
            )


def _is_finite(module: torch.nn.Module) -> bool:
    """Whether all weights are finite numbers; a GPU is waited for once."""
    told = [weight.isfinite().all() for weight in module.parameters()]
    return not told or bool(torch.stack(told).all())


def epochs_begun(path: Path) -> int:
    """Epochs that the training of the checkpoint at `path` has begun or ended; 0 where there is none."""
    return int(_read(path)["epoch"]) + 1 if path.is_file() else 0


def steps_done(path: Path) -> int:
    """Optimiser steps in the checkpoint at `path`; 0 where there is none."""
    return int(_read(path)["global_step"]) if path.is_file() else 0


def _read(path: Path) -> dict[str, Any]:
    return cast(dict[str, Any], torch.load(path, map_location="cpu", weights_only=True, mmap=True))
