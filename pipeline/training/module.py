"""What the training loop trains: a network with its samples, loss, optimiser, learning rate and validation.

Everything that shapes the weights is a function of the parameters, the data and the number of the step. So a training
that is killed and resumed ends with the weights of one that was never interrupted.
"""

import math
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.utils.data import DataLoader, Dataset

from pipeline.models.description import Description
from pipeline.nets.build import Network
from pipeline.training.batch_plan import BatchPlan
from pipeline.training.cuda_graphs import Forward, capture_graphs
from pipeline.training.loader import Batch, MicrobatchSampler, collate


class TrainingModule(nn.Module):
    """A network in training, on samples that are identified by their running numbers.

    Subclasses set `description`, which is saved beside the weights. The loop keeps `global_step`, `current_epoch` and
    `latest_loss` up to date.

    Attributes:
        network: whose parameters are trained.
        samples: the dataset, indexed by sample number.
        plan: the sizes of epochs, batches and microbatches.
        global_step: optimiser steps done.
        current_epoch: the number of the epoch in progress, from 0.
        latest_loss: of the last microbatch, over all processes.
        loader_workers: processes that read samples; affects speed only.
        uses_cuda_graphs: whether a GPU replays the network's work; affects speed only.
    """

    description: Description

    def __init__(self, network: Network, samples: Dataset[Any], plan: BatchPlan) -> None:
        """Take the network, the samples and the plan."""
        super().__init__()
        self.network = network
        self.samples = samples
        self.plan = plan
        self.global_step = 0
        self.current_epoch = 0
        self.latest_loss = math.nan
        self.loader_workers = 0
        self.uses_cuda_graphs = False
        self.graphed: Forward | None = None

    @abstractmethod
    def prepare(self, batch: Batch) -> Tensor:
        """Turn a batch of the loader into the network's input."""

    @abstractmethod
    def outputs(self, inputs: Tensor) -> Tensor:
        """Run the network on its input; outputs are fp32."""

    @abstractmethod
    def criterion(self, outputs: Tensor, batch: Batch) -> Float[Tensor, ""]:
        """Return the mean loss over a microbatch."""

    @abstractmethod
    def learning_rate(self, step: int) -> float:
        """Return the learning rate of optimiser step `step`, from 0."""

    @abstractmethod
    def configure_optimizer(self) -> Optimizer:
        """Create the optimiser of the network's parameters."""

    @abstractmethod
    def validate(self) -> dict[str, float]:
        """Return the metrics of samples that are not fitted; empty if there are none."""

    def after_step(self) -> None:
        """Called after every optimiser step, before `global_step` counts it."""

    def progress_state(self) -> dict[str, Any]:
        """What a checkpoint keeps beside the weights."""
        return {}

    def load_progress_state(self, state: dict[str, Any]) -> None:
        """Restore what `progress_state` returned."""

    @property
    def final_weights(self) -> dict[str, Tensor]:
        """The weights that training ends with."""
        return self.network.state_dict()

    @property
    def summary(self) -> dict[str, Any]:
        """Facts about the final weights, as JSON values."""
        return {}

    @property
    def device(self) -> torch.device:
        """The device of the network."""
        return next(self.network.parameters()).device

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the outputs; in training they are replayed if CUDA graphs are captured."""
        run = self.graphed if self.graphed is not None and self.network.training else self.outputs
        return run(inputs)

    def loss(self, batch: Batch, forward: Forward) -> Float[Tensor, ""]:
        """Return the mean loss over a microbatch.

        Args:
            batch: the microbatch, on the device.
            forward: this module, or a wrapper that runs it under autocast or in several processes.
        """
        return self.criterion(forward(self.prepare(batch)), batch)

    def loader(self) -> DataLoader[Batch]:
        """Return a loader; each iteration yields the rest of the current epoch."""
        return DataLoader(
            self.samples,
            batch_sampler=MicrobatchSampler(self.plan, lambda: self.global_step),
            num_workers=self.loader_workers,
            collate_fn=collate,
            pin_memory=self.device.type == "cuda",
            persistent_workers=self.loader_workers > 0,
        )

    def batch(self, numbers: Sequence[int]) -> Batch:
        """Load samples by their running numbers, on the device."""
        loader = DataLoader(self.samples, batch_sampler=[list(numbers)], collate_fn=collate)
        return self.to_device(next(iter(loader)))

    def to_device(self, batch: Batch) -> Batch:
        """Copy a batch to the device; for a GPU the host does not wait, because the batch is in pinned memory."""
        on_gpu = self.device.type == "cuda"
        return {name: tensor.to(self.device, non_blocking=on_gpu) for name, tensor in batch.items()}

    def capture(self) -> None:
        """Capture the network's work as CUDA graphs; call it under the autocast that training uses."""
        example = self.prepare(self.batch(range(self.plan.microbatch)))
        self.graphed = capture_graphs(self.network, self.outputs, example)
