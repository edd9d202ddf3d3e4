"""Pauses and variable frame rates, from the times of frames."""

import numpy as np
import pytest

from pipeline.records.frame_steps import irregular_share, pause_rows

REGULAR = np.arange(120) / 30


@pytest.mark.parametrize(
    ("steps", "pauses"),
    [
        ([0.04] * 10, []),
        ([0.04, 0.04, 0.08, 0.04, 0.12, 0.04], []),  # dropped frames
        ([0.04, 0.04, 1.0, 0.04], []),  # a second is no pause
        ([0.04, 0.04, 1.01, 0.04], [3]),
        ([0.5, 0.5, 4.0, 0.5], []),  # eight steps are none
        ([0.5, 0.5, 4.1, 0.5], [3]),
        ([0.04, 60.0, 0.04, 60.0, 0.04, 60.0, 0.04], [2, 4, 6]),  # stretches of two frames
        ([3600.0], []),  # two frames do not tell which step is usual
        ([], []),
    ],
)
def test_a_pause_is_longer_than_a_second_and_eight_steps(steps: list[float], pauses: list[int]) -> None:
    assert pause_rows(np.cumsum([0.0, *steps])).tolist() == pauses


def test_a_rate_is_irregular_where_it_differs_for_a_second() -> None:
    assert irregular_share(REGULAR) == 0
    assert irregular_share(REGULAR + np.random.default_rng(0).uniform(-0.01, 0.01, 120)) == 0  # jitter
    assert irregular_share(np.delete(REGULAR, [20, 60, 100])) == 0  # single dropped frames
    assert irregular_share(np.concatenate([REGULAR, 600 + REGULAR])) == 0  # a pause
    assert irregular_share(np.zeros(0)) == irregular_share(np.zeros(1)) == 0
    # Frames 4 and 5 of each 6 are dropped: 2/3 of the frames in every second.
    assert irregular_share(REGULAR[np.arange(120) % 6 < 4]) == 1
    # Half of the frames at 24 per second, then at 30; the usual rate is one of them.
    assert irregular_share(np.cumsum([0, *[1 / 24] * 121, *[1 / 30] * 120])) == pytest.approx(0.5, abs=0.1)
