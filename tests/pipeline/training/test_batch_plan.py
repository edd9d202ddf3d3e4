"""The sample numbers of microbatches, from any step to the end of its epoch."""

import pytest

from pipeline.training.batch_plan import BatchPlan
from pipeline.training.loader import MicrobatchSampler


@pytest.mark.parametrize(
    ("done", "expected"),
    [
        (0, [[0, 1], [2, 3], [4, 5], [6, 7], [8, 9], [10, 11]]),
        (2, [[8, 9], [10, 11]]),
        (3, [[12, 13], [14, 15], [16, 17], [18, 19], [20, 21], [22, 23]]),
        (4, [[16, 17], [18, 19], [20, 21], [22, 23]]),
    ],
)
def test_microbatches_continue_from_the_current_step_to_the_end_of_its_epoch(
    done: int, expected: list[list[int]]
) -> None:
    sampler = MicrobatchSampler(BatchPlan(steps=3, batch=4, accumulate=2, seed=0), lambda: done)
    assert list(sampler) == expected


@pytest.mark.parametrize(("steps", "batch", "accumulate"), [(0, 4, 1), (3, 4, 3)])
def test_an_impossible_plan_is_rejected(steps: int, batch: int, accumulate: int) -> None:
    with pytest.raises(ValueError, match="at least 1 step"):
        BatchPlan(steps, batch, accumulate, seed=0)
