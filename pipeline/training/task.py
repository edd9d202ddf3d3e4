"""What pretraining and fine-tuning share: a step, its learning rate, its dropout, its batches, its measurements.

Everything that shapes the weights is a function of the parameters, the data and the number of the step, so a training
that is killed and resumed ends with the weights of one that was not.
"""

import math
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import lightning
import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler, default_collate

from pipeline.nets.build import Network
from pipeline.nets.weights import Description
from pipeline.training.randomness import Purpose, torch_seed
from pipeline.training.ranks import gathered, rank, world
from pipeline.training.reading import Reading
from pipeline.training.recording import Answer, recorded
from pipeline.training.statistics import JoinedStatistics
from pipeline.training.waiting import TimedLoader

ROWS_AN_EPOCH = 20  # of the curve of the training loss

Batch = dict[str, Tensor]


def collated(samples: Batch | list[dict[str, Any]]) -> Batch:
    """A batch of samples; data that reads many samples at once hands out whole batches."""
    return samples if isinstance(samples, dict) else default_collate(samples)


class TrainingError(ValueError):
    """Training cannot go on; the message says where it stopped and what to change."""


@dataclass(frozen=True)
class Pace:
    """How samples become steps.

    Attributes:
        steps: optimiser steps an epoch.
        batch: samples a step.
        accumulate: parts that a batch is computed in, by one process or dealt among several.
        seed: of all that is drawn.
    """

    steps: int
    batch: int
    accumulate: int
    seed: int

    def __post_init__(self) -> None:
        if self.steps < 1 or self.batch % self.accumulate:
            raise ValueError(f"{self}: allowed are at least 1 step, and parts that divide the batch")

    @property
    def part(self) -> int:
        """Samples in one part of a batch."""
        return self.batch // self.accumulate

    @property
    def divisions(self) -> list[int]:
        """What `accumulate` may be with as many processes as there are."""
        return [parts for parts in range(world(), self.batch + 1, world()) if self.batch % parts == 0]

    @property
    def own(self) -> range:
        """The numbers of the parts of each batch that this process computes, from 0."""
        share = self.accumulate // world()
        return range(rank() * share, (rank() + 1) * share)


class Parts(Sampler[list[int]]):
    """The running numbers of the samples in each of this process's parts, from the step that training has reached on.

    An epoch always has the same length, whatever of it is left: this is what Lightning counts against.
    """

    def __init__(self, pace: Pace, reached: Callable[[], int]) -> None:
        """Take the pace, and a function that tells how many optimiser steps are done."""
        self.pace = pace
        self.reached = reached

    def __len__(self) -> int:
        """This process's parts in a whole epoch."""
        return self.pace.steps * len(self.pace.own)

    def __iter__(self) -> Iterator[list[int]]:
        """Sample numbers, part after part, to the end of the epoch."""
        done = self.reached()
        end = (done // self.pace.steps + 1) * self.pace.steps
        for step in range(done, end):
            for part in self.pace.own:
                first = step * self.pace.batch + part * self.pace.part
                yield list(range(first, first + self.pace.part))


class Task(lightning.LightningModule):
    """A network being trained on samples known by their running numbers.

    A task sets its `description`, which will lie beside its weights.
    """

    description: Description

    def __init__(self, network: Network, samples: Dataset[Any], pace: Pace) -> None:
        """Take the network, the samples, and how they become steps."""
        super().__init__()
        self.network = network
        self.samples = samples
        self.pace = pace
        self.workers = 0  # processes that read samples: a matter of speed
        self.records = False  # whether a GPU replays its steps: a matter of speed, too
        self.replayed: Answer | None = None
        self.losses: list[float] = []  # of the parts since the curve's last row
        self.latest = math.nan  # the loss of the last part
        self.readings: list[Reading] = []  # of the parts of the step that runs

    @abstractmethod
    def inputs(self, batch: Batch) -> Tensor:
        """What is answered, from a batch as the loader hands it out."""

    @abstractmethod
    def answers(self, inputs: Tensor) -> Tensor:
        """What the network says."""

    @abstractmethod
    def error(self, answers: Tensor, batch: Batch) -> Float[Tensor, ""]:
        """The mean loss over a part of a batch."""

    def forward(self, batch: Batch) -> Tensor:
        """What the network says of a batch as the loader hands it out."""
        answers = self.replayed if self.replayed and self.network.training else self.answers
        return answers(self.inputs(batch))

    def loss(self, batch: Batch) -> Float[Tensor, ""]:
        """The mean loss over a part of a batch."""
        return self.error(self(batch), batch)

    @abstractmethod
    def rate(self, step: int) -> float:
        """The learning rate of optimiser step `step`, from 0."""

    @abstractmethod
    def measure(self) -> dict[str, float]:
        """What is measured after an epoch on samples that are not fitted; empty where there are none."""

    @property
    def kept(self) -> dict[str, Tensor]:
        """The weights that training ends with."""
        return self.network.state_dict()

    @property
    def outcome(self) -> dict[str, Any]:
        """What there is to say of the weights kept, as JSON values."""
        return {}

    def train_dataloader(self) -> DataLoader[Batch]:
        """The rest of the epoch that training has reached."""
        return TimedLoader(
            self.samples,
            batch_sampler=Parts(self.pace, lambda: self.global_step),
            num_workers=self.workers,
            collate_fn=collated,
            pin_memory=self.device.type == "cuda",
            persistent_workers=self.workers > 0,
        )

    def batch(self, numbers: Sequence[int]) -> Batch:
        """Samples by their running numbers, on the device."""
        loader = DataLoader(self.samples, batch_sampler=[list(numbers)], collate_fn=collated)
        return self.transfer_batch_to_device(next(iter(loader)), self.device, 0)

    def record(self) -> None:
        """Have the network's work replayed from here on; where it runs under autocast, to be called under it."""
        example = self.inputs(self.batch(range(self.pace.part)))
        self.replayed = recorded(self.network, self.answers, example)

    def on_fit_start(self) -> None:
        """Record, before anything else is on the device."""
        if self.records:
            with self.trainer.precision_plugin.forward_context():
                self.record()

    def on_train_start(self) -> None:
        """Look for batch norm in the network as it is trained: SyncBatchNorm may stand in its place by now."""
        self.statistics = JoinedStatistics(self.network, len(self.pace.own))

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        """Set the learning rate: a function of the step, so there is no schedule to resume."""
        if batch_idx % len(self.pace.own) == 0:
            self.statistics.begin()
        for group in self.trainer.optimizers[0].param_groups:
            group["lr"] = self.rate(self.global_step)

    def training_step(self, batch: Batch, batch_idx: int) -> Float[Tensor, ""]:
        """Compute the loss of a part of a batch, with dropout drawn for this part of this step."""
        part = self.pace.own[batch_idx % len(self.pace.own)]
        torch.manual_seed(torch_seed(self.pace.seed, Purpose.DROPOUT, self.global_step, part))
        loss = self.loss(batch)
        self.readings.append(Reading(gathered(loss)))
        return loss

    def optimizer_step(self, *arguments: Any, **named: Any) -> None:
        """Make a step, look at its losses, and have batch norm know the whole batch.

        Raises:
            TrainingError: where a loss is not a finite number; nobody has kept the step yet.
        """
        super().optimizer_step(*arguments, **named)
        for reading in self.readings:
            values = reading.values()
            self.latest = math.fsum(values) / len(values)
            if not math.isfinite(self.latest):
                raise TrainingError(
                    f"the loss is {self.latest} at step {self.global_step + 1} (epoch {self.current_epoch + 1}): "
                    "lower the learning rate, or set precision to 32-true"
                )
            self.losses.extend(values)
        self.readings = []
        self._draw_curve()
        self.statistics.join()

    def on_train_epoch_end(self) -> None:
        """Measure, and add a row to the curves."""
        self.network.eval()
        with torch.no_grad():
            measured = self.measure()
        self.network.train()
        if measured:
            self._write_row(measured, self.global_step)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the losses that are in no row of the curve yet."""
        checkpoint["losses"] = self.losses

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take the losses up again."""
        self.losses = checkpoint["losses"]

    def _draw_curve(self) -> None:
        """Add a row with the mean loss every few steps."""
        step = self.global_step + 1
        if step % max(self.pace.steps // ROWS_AN_EPOCH, 1) == 0:
            row = {"train/loss": math.fsum(self.losses) / len(self.losses), "train/learning_rate": self.rate(step - 1)}
            self.losses = []
            self._write_row(row, step)

    def _write_row(self, row: dict[str, float], step: int) -> None:
        if self.logger is not None:
            self.logger.log_metrics(row, step)
