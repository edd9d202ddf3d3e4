"""The pace of planted films: steps, times and nearest frames, worked by hand."""

from math import e

import numpy as np
import pytest

from pipeline.planting.pace import Pace, nearest


@pytest.mark.parametrize(
    ("severity", "cue", "step"),
    [(0, 2, 0.12 * e), (1, 2, 0.12 / e), (0.5, 2, 0.12), (0, 0, 0.12), (1, 0, 0.12), (0, 1, 0.12 * e**0.5)],
)
def test_steps_by_hand(severity: float, cue: float, step: float) -> None:
    assert Pace(cue, 16, cue).step(severity) == pytest.approx(step)


@pytest.mark.parametrize(("cue", "longest"), [(2, 0.12 / e), (0, 0.06), (0.5, 0.06 * e**0.25)])
def test_the_longest_interval_is_below_the_smallest_step_and_half_the_largest(cue: float, longest: float) -> None:
    assert Pace(cue, 16, cue).longest_interval == pytest.approx(longest)


def test_every_session_claims_as_much_footage() -> None:
    assert Pace(2, 16, 2).stretch == pytest.approx(16 * 0.12 * e)
    assert Pace(0, 16, 0).stretch == pytest.approx(1.92)


def test_smaller_cues_claim_the_same_footage() -> None:
    """So that a sweep of the cue compares the same people in the same stretches."""
    paces = [Pace(cue, 16, 2) for cue in (0, 0.5, 2)]
    assert {pace.stretch for pace in paces} == {paces[-1].stretch}
    assert {pace.longest_interval for pace in paces} == {paces[-1].longest_interval}
    assert [pace.step(0) for pace in paces] == pytest.approx([0.12, 0.12 * e**0.25, 0.12 * e])


@pytest.mark.parametrize("severity", [0, 0.45, 1])
def test_a_film_lies_in_its_stretch_wherever_it_begins(severity: float) -> None:
    pace = Pace(2, 16, 2)
    first, last = (pace.times(10.0, severity, share) for share in (0.0, 0.999999))
    assert first[0] == 10.0
    assert last[-1] == pytest.approx(10.0 + pace.stretch, abs=1e-4)
    np.testing.assert_allclose(np.diff(first), pace.step(severity))


def test_the_nearest_frames_of_a_variable_rate() -> None:
    times = np.array([0.0, 0.03, 0.05, 0.11, 0.13])
    assert nearest(times, np.array([0.01, 0.045, 0.09, 0.5])).tolist() == [0, 2, 3, 4]


def test_no_frame_is_picked_twice() -> None:
    with pytest.raises(ValueError, match="picked twice"):
        nearest(np.array([0.0, 0.1, 0.2]), np.array([0.0, 0.04]))


@pytest.mark.parametrize("cue", [0.0, 0.3, 1.0, 2.0, 4.0])
def test_frames_at_the_longest_interval_suffice(cue: float) -> None:
    """Any score, any start and jitter below the longest interval: rising frames, and two films that differ."""
    pace, random = Pace(cue, 12, cue), np.random.default_rng(3)
    times = np.cumsum(random.uniform(0.5, 1.0, 4000) * pace.longest_interval)
    for severity in np.linspace(0, 1, 10):
        share = float(random.random())
        films = [nearest(times, pace.times(1.0, severity, part)) for part in (share, (share + 0.5) % 1)]
        assert all((np.diff(film) > 0).all() for film in films)
        assert films[0].tolist() != films[1].tolist()
