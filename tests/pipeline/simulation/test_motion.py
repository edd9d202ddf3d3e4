"""Simulated movements: their speed depends on the score, the distribution of a single frame does not."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from pipeline.simulation.motion import CHANNELS, Expression, expressions, processes, resting_values, time_constant


@pytest.mark.parametrize(
    ("score", "cue", "tau"),
    [(0, 1, 0.25), (45, 1, 4.0), (22.5, 1, 1.0), (0, 0, 1.0), (45, 0, 1.0), (45, 0.5, 2.0), (0, 0.5, 0.5)],
)
def test_time_constants_by_hand(score: float, cue: float, tau: float) -> None:
    assert time_constant(score / 45, cue) == pytest.approx(tau)


def _many_processes(score: float, frames: int = 12) -> np.ndarray:
    """1500 samples of all channels: (sample, time, channel)."""
    random = np.random.default_rng(round(score))
    return np.stack([processes(random, frames, 7.5, time_constant(score / 45, 1.0)) for _ in range(1500)])


def test_the_distribution_in_a_single_frame_is_the_same_for_every_score() -> None:
    low, high = _many_processes(0), _many_processes(45)
    for frame in (0, 5, 11):
        for channel in (0, 3, 8):
            assert stats.ks_2samp(low[:, frame, channel], high[:, frame, channel]).pvalue > 1e-3
            assert stats.kstest(low[:, frame, channel], "norm").pvalue > 1e-3


@pytest.mark.parametrize("score", [0, 15, 45])
@pytest.mark.parametrize("lag", [1, 4])
def test_the_autocorrelation_has_the_closed_form(score: float, lag: int) -> None:
    values = _many_processes(score)
    correlation = float(np.mean(values[:, :-lag] * values[:, lag:]))
    assert correlation == pytest.approx(np.exp(-lag / 7.5 / time_constant(score / 45, 1.0)), abs=0.03)


@pytest.mark.parametrize(
    ("score", "cue", "value"), [(22.5, 2, 0.0), (45, 2, np.tanh(1)), (0, 1, -np.tanh(0.5)), (9, 0, 0)]
)
def test_resting_values_by_hand(score: float, cue: float, value: float) -> None:
    resting = resting_values(score / 45, cue)
    assert resting == pytest.approx({"frown": value, "brows": -value, "smile": -value, "lids": -value, "mouth": -value})
    (expression,) = expressions(np.zeros((1, len(CHANNELS))), resting)
    assert expression.frown == pytest.approx(0.9 * value)


def test_with_the_cue_in_the_appearance_single_frames_depend_on_the_score_and_the_speed_does_not() -> None:
    random = np.random.default_rng(0)
    shocks = [processes(random, 60, 7.5, 1.0) for _ in range(80)]
    low, high = ([expressions(values, resting_values(score / 45, 2.0)) for values in shocks] for score in (0.0, 45.0))
    first = [np.array([sequence[0].frown - sequence[0].smile for sequence in sequences]) for sequences in (low, high)]
    assert first[1].mean() - first[0].mean() > 4 * first[0].std()  # over first frames
    for channel in ("frown", "smile", "brows", "nod", "mouth"):
        speeds = [
            np.diff([[getattr(expression, channel) for expression in sequence] for sequence in sequences])
            for sequences in (low, high)
        ]
        np.testing.assert_allclose(speeds[0], speeds[1], atol=1e-12)
    other_channels = [
        [replace(expression, frown=0, smile=0, brows=0, lids=0, mouth=0) for expression in sequences[0]]
        for sequences in (low, high)
    ]
    assert other_channels[0] == other_channels[1]


def test_expressions_stay_within_their_bounds() -> None:
    extreme = 3 * np.random.default_rng(0).normal(size=(200, len(CHANNELS)))
    for expression in (*expressions(extreme), *expressions(extreme, resting_values(1, 4))):
        values = vars(expression)
        assert all(-1 <= value <= 1 for value in values.values())
        assert 0 <= expression.shut <= 1
    assert Expression() == expressions(np.zeros((1, len(CHANNELS))))[0]
