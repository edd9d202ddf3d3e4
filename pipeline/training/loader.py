"""What a loader needs: the sample numbers of each microbatch, and the collation of samples into a batch."""

from collections.abc import Callable, Iterator
from typing import Any

from torch import Tensor
from torch.utils.data import Sampler, default_collate

from pipeline.training.batch_plan import BatchPlan

Batch = dict[str, Tensor]


class MicrobatchSampler(Sampler[list[int]]):
    """The sample numbers of this process's microbatches, from the current step to the end of its epoch."""

    def __init__(self, plan: BatchPlan, steps_done: Callable[[], int]) -> None:
        """Take the plan, and a function that returns the number of optimiser steps done."""
        self.plan = plan
        self.steps_done = steps_done

    def __iter__(self) -> Iterator[list[int]]:
        """Yield the sample numbers of each microbatch, to the end of the epoch."""
        plan, done = self.plan, self.steps_done()
        end = (done // plan.steps + 1) * plan.steps
        for step in range(done, end):
            for number in plan.own_microbatches:
                first = step * plan.batch + number * plan.microbatch
                yield list(range(first, first + plan.microbatch))


def collate(samples: Batch | list[dict[str, Any]]) -> Batch:
    """Combine samples into a batch; datasets that read many samples at once return whole batches already."""
    return samples if isinstance(samples, dict) else default_collate(samples)
