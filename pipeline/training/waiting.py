"""How much of a training's time goes into waiting for data: what says whether the loader keeps the device busy."""

import logging
import time
from typing import Any

import lightning
from lightning.pytorch.callbacks import Callback

logger = logging.getLogger(__name__)


class Waiting(Callback):
    """Shows the share in the progress bar and logs it, with the samples a second, when an epoch ends.

    The time is counted from where the loader is asked for a batch to where the batch is on the device. The first batch
    of an epoch is left out, for loaders start with it.
    """

    def __init__(self, samples: int) -> None:
        """Take the samples that all processes compute at once."""
        self.samples = samples
        self.waited = self.worked = 0.0  # seconds of this epoch
        self.batches = 0
        self.asked: float | None = None
        self.got = 0.0

    @property
    def share(self) -> float:
        """Of the time of this epoch so far, 0 to 1."""
        return self.waited / (self.waited + self.worked) if self.batches else 0.0

    def on_train_epoch_start(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """Begin anew."""
        self.waited, self.worked, self.batches, self.asked = 0.0, 0.0, 0, None

    def on_train_batch_start(self, trainer: lightning.Trainer, module: lightning.LightningModule, *_: Any) -> None:
        """Note that a batch has come."""
        self.got = time.perf_counter()
        if self.asked is not None:
            self.waited += self.got - self.asked

    def on_train_batch_end(self, trainer: lightning.Trainer, module: lightning.LightningModule, *_: Any) -> None:
        """Note that it is done: the loss was read. A GPU may still work on the gradients, and on while we wait."""
        now = time.perf_counter()
        if self.asked is not None:
            self.worked += now - self.got
            self.batches += 1
        self.asked = now

    def on_train_epoch_end(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """Log the figures of the epoch."""
        if self.batches:
            rate = self.batches * self.samples / (self.waited + self.worked)
            logger.info(
                "epoch %d: %.4g samples/s, %.1f %% of the time waiting for data",
                trainer.current_epoch + 1,
                rate,
                100 * self.share,
            )
