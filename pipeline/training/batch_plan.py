"""The sizes of epochs, batches and microbatches of a training."""

from dataclasses import dataclass

from pipeline.training.distributed import rank, world_size


@dataclass(frozen=True)
class BatchPlan:
    """The sizes of epochs, batches and microbatches.

    Attributes:
        steps: optimiser steps per epoch.
        batch: samples per step, over all processes.
        accumulate: microbatches per batch, computed one after another by one process or shared among several.
        seed: of everything that is drawn at random.
    """

    steps: int
    batch: int
    accumulate: int
    seed: int

    def __post_init__(self) -> None:
        if self.steps < 1 or self.batch % self.accumulate:
            raise ValueError(f"{self}: allowed are at least 1 step, and microbatches that divide the batch")

    @property
    def microbatch(self) -> int:
        """Samples per microbatch."""
        return self.batch // self.accumulate

    @property
    def allowed_accumulations(self) -> list[int]:
        """The values of `accumulate` that the present number of processes allows."""
        return [count for count in range(world_size(), self.batch + 1, world_size()) if self.batch % count == 0]

    @property
    def own_microbatches(self) -> range:
        """The numbers of the microbatches of each batch that this process computes, from 0."""
        share = self.accumulate // world_size()
        return range(rank() * share, (rank() + 1) * share)
