"""What pretraining and fine-tuning share: a step, its learning rate, its dropout, its batches, its measurements.

Everything that shapes the weights is a function of the parameters, the data and the number of the step, so a training
that is killed and resumed ends with the weights of one that was not.
"""

import math
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import lightning
import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, default_collate

from pipeline.data.seeding import Purpose, torch_seed
from pipeline.models.description import Description
from pipeline.nets.build import Network
from pipeline.training.async_copy import AsyncCopy
from pipeline.training.batch_norm_sync import BatchNormSync
from pipeline.training.batch_plan import BatchPlan, MicrobatchSampler, TrainingError
from pipeline.training.cuda_graphs import Forward, capture_graphs
from pipeline.training.distributed import all_gather_scalars
from pipeline.training.throughput import TimedLoader

ROWS_PER_EPOCH = 20  # of the curve of the training loss

Batch = dict[str, Tensor]


def collate(samples: Batch | list[dict[str, Any]]) -> Batch:
    """A batch of samples; data that reads many samples at once hands out whole batches."""
    return samples if isinstance(samples, dict) else default_collate(samples)


class TrainingModule(lightning.LightningModule):
    """A network being trained on samples known by their running numbers.

    A task sets its `description`, which will lie beside its weights.
    """

    description: Description

    def __init__(self, network: Network, samples: Dataset[Any], pace: BatchPlan) -> None:
        """Take the network, the samples, and how they become steps."""
        super().__init__()
        self.network = network
        self.samples = samples
        self.pace = pace
        self.workers = 0  # processes that read samples: a matter of speed
        self.records = False  # whether a GPU replays its steps: a matter of speed, too
        self.replayed: Forward | None = None
        self.losses: list[float] = []  # of the parts since the curve's last row
        self.latest = math.nan  # the loss of the last part
        self.readings: list[AsyncCopy] = []  # of the parts of the step that runs

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
            batch_sampler=MicrobatchSampler(self.pace, lambda: self.global_step),
            num_workers=self.workers,
            collate_fn=collate,
            pin_memory=self.device.type == "cuda",
            persistent_workers=self.workers > 0,
        )

    def batch(self, numbers: Sequence[int]) -> Batch:
        """Samples by their running numbers, on the device."""
        loader = DataLoader(self.samples, batch_sampler=[list(numbers)], collate_fn=collate)
        return self.transfer_batch_to_device(next(iter(loader)), self.device, 0)

    def record(self) -> None:
        """Have the network's work replayed from here on; where it runs under autocast, to be called under it."""
        example = self.inputs(self.batch(range(self.pace.part)))
        self.replayed = capture_graphs(self.network, self.answers, example)

    def on_fit_start(self) -> None:
        """Record, before anything else is on the device."""
        if self.records:
            with self.trainer.precision_plugin.forward_context():
                self.record()

    def on_train_start(self) -> None:
        """Look for batch norm in the network as it is trained: SyncBatchNorm may stand in its place by now."""
        self.statistics = BatchNormSync(self.network, len(self.pace.own))

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
        self.readings.append(AsyncCopy(all_gather_scalars(loss)))
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
        if step % max(self.pace.steps // ROWS_PER_EPOCH, 1) == 0:
            row = {"train/loss": math.fsum(self.losses) / len(self.losses), "train/learning_rate": self.rate(step - 1)}
            self.losses = []
            self._write_row(row, step)

    def _write_row(self, row: dict[str, float], step: int) -> None:
        if self.logger is not None:
            self.logger.log_metrics(row, step)
