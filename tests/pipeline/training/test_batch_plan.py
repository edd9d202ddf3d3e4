"""What the numbers of samples are, from any step on."""

import pytest

from pipeline.training.batch_plan import BatchPlan, MicrobatchSampler


@pytest.mark.parametrize(
    ("done", "expected"),
    [
        (0, [[0, 1], [2, 3], [4, 5], [6, 7], [8, 9], [10, 11]]),
        (2, [[8, 9], [10, 11]]),
        (3, [[12, 13], [14, 15], [16, 17], [18, 19], [20, 21], [22, 23]]),
        (4, [[16, 17], [18, 19], [20, 21], [22, 23]]),
    ],
)
def test_parts_go_on_from_the_step_reached_to_the_end_of_its_epoch(done: int, expected: list[list[int]]) -> None:
    parts = MicrobatchSampler(BatchPlan(steps=3, batch=4, accumulate=2, seed=0), lambda: done)
    assert list(parts) == expected
    assert len(parts) == 6


@pytest.mark.parametrize(("steps", "batch", "accumulate"), [(0, 4, 1), (3, 4, 3)])
def test_an_impossible_pace_is_refused(steps: int, batch: int, accumulate: int) -> None:
    with pytest.raises(ValueError, match="at least 1 step"):
        BatchPlan(steps, batch, accumulate, seed=0)
