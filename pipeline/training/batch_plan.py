"""TODO docstring."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from torch.utils.data import Sampler

from pipeline.training.distributed import rank, world_size


class TrainingError(ValueError):
    """Training cannot go on; the message says where it stopped and what to change."""


@dataclass(frozen=True)
class BatchPlan:
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
        return [parts for parts in range(world_size(), self.batch + 1, world_size()) if self.batch % parts == 0]

    @property
    def own(self) -> range:
        """The numbers of the parts of each batch that this process computes, from 0."""
        share = self.accumulate // world_size()
        return range(rank() * share, (rank() + 1) * share)


class MicrobatchSampler(Sampler[list[int]]):
    """The running numbers of the samples in each of this process's parts, from the step that training has reached on.

    An epoch always has the same length, whatever of it is left: this is what Lightning counts against.
    """

    def __init__(self, pace: BatchPlan, reached: Callable[[], int]) -> None:
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
