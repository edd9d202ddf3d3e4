"""How fast a training goes, and how much of its time goes into waiting for data: whether the loader keeps up."""

import logging
import time
from collections.abc import Iterator
from typing import Any, TypeVar

import lightning
from lightning.pytorch.callbacks import Callback
from torch.utils.data import DataLoader

from pipeline.parallel.progress import LOG_INTERVAL, format_duration, format_rate

logger = logging.getLogger(__name__)

Item = TypeVar("Item", covariant=True)


class TimedLoader(DataLoader[Item]):
    """A loader that counts the seconds in which batches are waited for.

    Attributes:
        waited: seconds, since it was made.
    """

    waited = 0.0

    def __iter__(self) -> Iterator[Item]:  # type: ignore[override]  # all that is asked of what DataLoader returns
        """The batches."""
        batches = super().__iter__()
        while True:
            asked = time.perf_counter()
            try:
                batch = next(batches)
            except StopIteration:
                return
            finally:
                self.waited += time.perf_counter() - asked
            yield batch


class Throughput(Callback):
    """Shows the share of time in the progress bar; logs it now and then, with the speed and the time that is left.

    What comes before the first batch of an epoch is left out, for loaders start then, and so is what is done with the
    very first one: networks are compiled and algorithms tried. All else that training does counts as its time: writing
    checkpoints, waiting for other processes.
    """

    def __init__(self, samples: int, left: int) -> None:
        """Take the samples that all processes compute at once, and how many times that is left to be done."""
        self.samples = samples
        self.left = left
        self.passed_over = 2  # batches that are still to come before the clock starts
        self.began = (0.0, 0.0)  # when it did, and the loader's count then
        self.batches = 0  # that came since, in this epoch
        self.waited = self.took = 0.0  # seconds for them
        self.said = 0.0

    @property
    def share(self) -> float:
        """Of the time of this epoch so far, 0 to 1."""
        return self.waited / self.took if self.took else 0.0

    def on_train_epoch_start(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """Begin anew."""
        self.batches, self.waited, self.took = 0, 0.0, 0.0

    def on_train_batch_start(self, trainer: lightning.Trainer, module: lightning.LightningModule, *_: Any) -> None:
        """Count a batch that has come, and the time since the clock started."""
        now, waited = time.perf_counter(), _waited(trainer)
        if self.passed_over:
            self.passed_over -= 1
            self.began, self.said = (now, waited), now
        else:
            self.batches += 1
            self.took, self.waited = now - self.began[0], waited - self.began[1]
        if now - self.said >= LOG_INTERVAL:
            self.said = now
            logger.info(
                "step %d (epoch %d): %s, %s left",
                module.global_step,
                trainer.current_epoch + 1,
                self._facts(),
                format_duration(self.left * self.took / self.batches),
            )
        self.left -= 1

    def on_train_epoch_end(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """Log the figures of the epoch."""
        if self.took:
            logger.info("epoch %d: %s", trainer.current_epoch + 1, self._facts())
        self.passed_over = 1

    def _facts(self) -> str:
        speed = format_rate(self.batches * self.samples / self.took, "samples")
        return f"{speed}, {100 * self.share:.1f} % of the time waiting for data"


def _waited(trainer: lightning.Trainer) -> float:
    loader = trainer.train_dataloader
    if not isinstance(loader, TimedLoader):
        raise TypeError(f"{type(loader).__name__} does not count the time it is waited for; TimedLoader does")
    return loader.waited
