"""The speed of a training, and the share of its time that it waits for data and for processors."""

import logging
import sys
import time
from collections.abc import Iterator

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from pipeline.parallel.progress import LOG_INTERVAL, format_duration, format_rate
from pipeline.runtime.console import plain_console
from pipeline.runtime.processor_time import read_processor_time
from pipeline.training.distributed import rank, world_size
from pipeline.training.loader import Batch
from pipeline.training.module import TrainingModule

logger = logging.getLogger(__name__)

BUSY = 0.2  # share of the processor time asked for: if threads wait longer for processors, the log says so


class Throughput:
    """Measures each epoch; logs speed, waiting time and the time left now and then, and shows them in a progress bar.

    The clock starts with the first batch of an epoch, because loaders start up before it; in the first epoch with the
    second batch, because networks are compiled and algorithms are chosen during the first step. Everything else counts
    as training time, including checkpoints and waiting for other processes.

    Attributes:
        bar: the progress bar, to be used in a `with` statement; shown on a terminal, by the first process.
    """

    def __init__(self, module: TrainingModule, total: int) -> None:
        """Measure the training of a module from now to optimiser step `total`."""
        self.module = module
        self.microbatches_left = (total - module.global_step) * len(module.plan.own_microbatches)
        self.skipped = 2  # batches until the clock starts
        self.start = self.logged = 0.0  # times of the clock's start and of the last line
        self.batches, self.waited, self.seconds = 0, 0.0, 0.0  # since the clock's start
        self.processor_time = read_processor_time()  # at the clock's start
        columns = (
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.description}", markup=False),
        )
        self.bar = Progress(*columns, console=plain_console(stderr=True), disable=rank() > 0 or not sys.stderr.isatty())
        self.bar.add_task("training", total=total)

    def next_batch(self, batches: Iterator[Batch]) -> Batch:
        """Wait for the next batch, and count the time."""
        asked = time.perf_counter()
        batch = next(batches)
        now = time.perf_counter()
        if self.skipped:
            self.skipped -= 1
            self.start = self.logged = now
            self.processor_time = read_processor_time()
        else:
            self.batches += 1
            self.waited += now - asked
            self.seconds = now - self.start
        if now - self.logged >= LOG_INTERVAL:
            self.logged = now
            left = format_duration(self.microbatches_left * self.seconds / self.batches)
            step, epoch = self.module.global_step, self.module.current_epoch + 1
            logger.info("step %d (epoch %d): %s, %s left", step, epoch, self._summary(), left)
            self._log_busy_processors()
        self.microbatches_left -= 1
        self._update_bar()
        return batch

    def end_epoch(self) -> None:
        """Log the summary of the epoch, and stop the clock until the first batch of the next one."""
        self._update_bar()
        if self.batches:
            logger.info("epoch %d: %s", self.module.current_epoch + 1, self._summary())
            self._log_busy_processors()
        self.skipped = 1
        self.batches, self.waited, self.seconds = 0, 0.0, 0.0

    def _summary(self) -> str:
        samples = self.batches * self.module.plan.microbatch * world_size()
        speed = format_rate(samples / self.seconds, "samples")
        return f"{speed}, {100 * self.waited / self.seconds:.1f} % of the time waiting for data"

    def _log_busy_processors(self) -> None:
        """Say so if other programs hold processors that this training asks for."""
        share = read_processor_time().waiting_share_since(self.processor_time)
        if share > BUSY:
            logger.info(
                "other programs hold processors: threads of this training wait %.0f %% of their time for one",
                100 * share,
            )

    def _update_bar(self) -> None:
        waiting = self.waited / max(self.seconds, 1e-9)
        status = f"loss {self.module.latest_loss:.4g}, waiting for data {waiting:.1%}"
        self.bar.update(TaskID(0), completed=self.module.global_step, description=status)
