"""Tests of exact intervals: against SciPy, by hand, and the coverage with clustered videos."""

import numpy as np
import pytest
from scipy.stats import binomtest

from pipeline.statistics.proportions import clopper_pearson, count, effective_trials, share, share_of

LARGE = share(lambda truth, estimate: np.abs(truth - estimate) > 5)


@pytest.mark.parametrize(("hits", "trials"), [(0, 10), (1, 17), (9, 42), (41, 42), (50, 50)])
def test_ends_equal_scipys(hits: int, trials: int) -> None:
    expected = binomtest(hits, trials).proportion_ci(0.95, "exact")
    assert clopper_pearson(hits, trials) == pytest.approx((expected.low, expected.high))


def test_none_of_the_videos_worked_by_hand() -> None:
    # Twelve subjects with three videos each, none with the property: as none of twelve; 1 - 0.025^(1/12) = 0.2646.
    none = share_of(np.zeros(36, bool)).interval([f"s{number // 3}" for number in range(36)])
    assert none is not None and none.low == 0.0
    assert none.high == pytest.approx(0.2646, abs=5e-5)
    every = share_of(np.ones(36, bool)).interval([f"s{number // 3}" for number in range(36)])
    assert every is not None and every.low == pytest.approx(1 - 0.2646, abs=5e-5) and every.high == 1.0


def test_unequal_numbers_of_videos_count_as_fewer_subjects() -> None:
    # (1 + 1 + 4)^2 / (1 + 1 + 16) = 2
    assert effective_trials(np.array([[1.0, 0], [1, 0], [4, 0]])) == pytest.approx(2)


def test_independent_videos_count_once_each_and_copies_not_at_all() -> None:
    hits = np.array([1.0, 0, 0, 1, 0] * 8)
    # Over one video each the variance is p (1 - p) / (n - 1), a little more than p (1 - p) / n
    assert effective_trials(np.stack([np.ones(40), hits], 1)) == pytest.approx(39)
    # With copies there are still 39 by the variance; the t quantiles adjust it: (t of 79 / t of 39)^2
    assert effective_trials(np.stack([np.full(40, 2.0), 2 * hits], 1)) == pytest.approx(
        39 * (1.9905 / 2.0227) ** 2, 1e-3
    )


def test_a_count_is_a_share_of_the_videos() -> None:
    truth, estimate = np.zeros(20), np.array([9.0] * 3 + [1.0] * 17)
    names = [f"s{number}" for number in range(20)]
    counted = count(lambda truth, estimate: np.abs(truth - estimate) > 5).of(truth, estimate).interval(names)
    shared = LARGE.of(truth, estimate).interval(names)
    assert counted is not None and shared is not None and shared.low is not None and shared.high is not None
    assert (counted.value, counted.low, counted.high) == pytest.approx((3, 20 * shared.low, 20 * shared.high))
    assert count(lambda truth, estimate: truth > 5)(np.array([]), np.array([])) is None


@pytest.mark.parametrize("probability", [0.03, 0.15, 0.5])
@pytest.mark.parametrize("subjects", [15, 40])
def test_exact_intervals_cover_at_least_their_level(probability: float, subjects: int) -> None:
    # A subject's videos have the property with a probability of its own, from a beta distribution with ICC 0.5.
    generator = np.random.default_rng(5)
    covered = 0
    for _ in range(400):
        videos = generator.integers(1, 5, subjects)
        own = generator.beta(probability, 1 - probability, subjects)  # variance p (1 - p) / 2
        hits = np.concatenate([generator.random(size) < p for size, p in zip(videos, own, strict=True)])
        interval = share_of(hits).interval(np.repeat(np.arange(subjects), videos).astype(str).tolist())
        assert interval is not None and interval.low is not None and interval.high is not None
        assert interval.low < interval.high
        covered += interval.low <= probability <= interval.high
    assert covered / 400 >= 0.93  # 0.95 less two standard errors of 400 trials
