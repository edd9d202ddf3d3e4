"""The checkpoint of a training in progress. It is replaced atomically, so there is always a complete one.

The first process writes it, after all processes have done the same step.
"""

import io
import logging
import time
from pathlib import Path
from typing import Any, cast

import torch
from lightning.fabric.plugins import Precision
from torch.optim import Optimizer

from pipeline.runtime.atomic import atomic_file
from pipeline.runtime.durable import flush_tree
from pipeline.training.checkpoint_file import agrees_with_checksums, set_aside
from pipeline.training.distributed import all_gather_objects, any_rank, rank
from pipeline.training.errors import DivergedError, StoppedError
from pipeline.training.module import TrainingModule
from pipeline.training.preemption import StopRequest

logger = logging.getLogger(__name__)

MIN_INTERVAL = 10.0  # seconds between checkpoints
MAX_TIME_SHARE = 0.02  # of the training time that may go into writing them


class Checkpointer:
    """Writes the checkpoint at the end of every epoch, and within an epoch as often as it costs little time.

    When it is written does not affect the training.
    """

    def __init__(
        self, path: Path, module: TrainingModule, optimizer: Optimizer, precision: Precision, stop_request: StopRequest
    ) -> None:
        """Take the file and what goes into it, and the request by which a signal asks training to stop."""
        self.path, self.module, self.optimizer, self.precision = path, module, optimizer, precision
        self.stop_request = stop_request
        self.interval = MIN_INTERVAL
        self.written = time.monotonic()

    def save_if_due(self, losses: list[float]) -> None:
        """Save after a step if a signal came or the interval is over in any process; see `save`."""
        if any_rank(self.stop_request.signal is not None or time.monotonic() - self.written >= self.interval):
            self.save(losses)

    def save(self, losses: list[float]) -> None:
        """Write the checkpoint, in the first process, and stop if a signal asked for it.

        Args:
            losses: those that are in no row of the learning curve yet.

        Raises:
            DivergedError: if a weight is not finite; the previous checkpoint stays.
            StoppedError: after writing, if a signal asked training to stop.
        """
        started = time.monotonic()
        step, epoch = self.module.global_step, self.module.current_epoch
        finite = torch.stack([weight.isfinite().all() for weight in self.module.parameters()])
        if not finite.all():  # the host waits for a GPU once
            raise DivergedError(
                f"a weight is not finite after step {step} (epoch {epoch + 1}), although the loss was; the previous "
                "checkpoint stays",
                self.module.learning_rate(step - 1),
            )
        if rank() == 0:
            flush_tree(self.path.parent)  # the learning curves up to this step
            with atomic_file(self.path) as partial:
                content = io.BytesIO()  # written by Python, whose error for a full disk is an OSError
                torch.save(self._state(losses), content)
                partial.write_bytes(content.getbuffer())
        self.written = time.monotonic()
        self.interval = max(MIN_INTERVAL, (self.written - started) / MAX_TIME_SHARE)
        signals = [name for name in all_gather_objects(self.stop_request.signal) if name]
        if signals:
            message = (
                f"{signals[0]}: stopped after step {step}, which the checkpoint holds; "
                "run the same again to go on from there"
            )
            raise StoppedError(message if rank() == 0 else 1)

    def load(self) -> list[float]:
        """Restore the module, the optimiser and the precision's state; return the losses that are in no row yet."""
        state = torch.load(self.path, map_location="cpu", weights_only=True)
        self.module.load_state_dict(state["state_dict"])
        self.module.load_progress_state(state["progress"])
        self.module.global_step, self.module.current_epoch = state["global_step"], state["epoch"]
        self.optimizer.load_state_dict(state["optimizer"])
        self.precision.load_state_dict(state["precision"])
        return cast(list[float], state["losses"])

    def _state(self, losses: list[float]) -> dict[str, Any]:
        return {
            "state_dict": self.module.state_dict(),
            "progress": self.module.progress_state(),
            "optimizer": self.optimizer.state_dict(),
            "precision": self.precision.state_dict(),  # the scale of gradients in 16-mixed
            "global_step": self.module.global_step,
            "epoch": self.module.current_epoch,
            "losses": losses,
        }


def set_damaged_aside(path: Path) -> bool:
    """Rename the checkpoint at `path` if it is damaged; the training then starts again. Return whether it was.

    Raises:
        OSError: if the file cannot be read now.
    """
    damaged = path.is_file() and not _is_intact(path)
    if damaged:
        logger.warning("%s is damaged: it is now %s, and the training starts again", path, set_aside(path).name)
    return damaged


def _is_intact(path: Path) -> bool:
    """Whether a checkpoint agrees with its checksums and loads."""
    if not agrees_with_checksums(path):
        return False
    try:
        epochs_started(path)
    except (OSError, MemoryError):
        raise
    except Exception:  # of many types: whatever cannot be loaded is damaged
        return False
    return True


def epochs_started(path: Path) -> int:
    """Epochs that the training of the checkpoint at `path` has started; 0 if there is no checkpoint."""
    return int(_read(path)["epoch"]) + 1 if path.is_file() else 0


def steps_done(path: Path) -> int:
    """Optimiser steps in the checkpoint at `path`; 0 if there is no checkpoint."""
    return int(_read(path)["global_step"]) if path.is_file() else 0


def _read(path: Path) -> dict[str, Any]:
    return cast(dict[str, Any], torch.load(path, map_location="cpu", weights_only=True, mmap=True))
