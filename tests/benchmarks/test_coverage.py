"""Tests of the benchmark of coverage: the simulated population, the true values, and the goal at few trials."""

import numpy as np
import pytest

from benchmarks.coverage import quantities
from benchmarks.interval_candidates import METHODS
from benchmarks.simulated_errors import ERRORS, simulate, true_values


@pytest.mark.parametrize("errors", sorted(ERRORS))
def test_the_population_is_like_avec(errors: str) -> None:
    values = true_values(errors, 200_000, np.random.default_rng(0))
    assert 0.65 < values["strong", "pcc"] < 0.75
    assert 0.35 < values["weak", "pcc"] < 0.45
    partition = simulate(errors, 1, 200_000, np.random.default_rng(1))
    truth = partition.truth[partition.present]
    assert truth.min() >= 0 and truth.max() <= 63
    assert np.mean(truth < 14) > 0.45  # many minimal scores
    assert {*partition.present.sum(-1).ravel().tolist()} == {1, 2, 3, 4}
    deviation = partition.estimates["strong"] - 15 - 0.55 * (partition.truth - 15)
    assert deviation.mean() == pytest.approx(0, abs=0.1)
    assert deviation.std() == pytest.approx(6.2, rel=0.02)
    assert np.corrcoef(deviation[0, :, 0], deviation[0, :, 1])[0, 1] == pytest.approx(0.5, abs=0.02)


def test_intervals_contain_the_true_value_of_a_simulated_population() -> None:
    random = np.random.default_rng(2)
    truths = true_values("heavy", 300_000, random)
    partitions = simulate("heavy", 1000, 42, random)
    covered = {}
    for name, true, sums, function, scale in quantities(partitions, truths):
        low, high = map(scale.backward, METHODS["shipped"](sums, function, scale, np.empty(0)))
        covered[name] = float(np.mean((low <= true) & (true <= high)))
    assert len(covered) == 12
    assert min(covered.values()) > 0.92  # 0.944 in the benchmark, less three standard errors of 1,000 trials
    assert max(covered.values()) < 0.98


def test_percentiles_of_the_bootstrap_contain_it_less_often() -> None:
    random = np.random.default_rng(3)
    truths = true_values("heavy", 300_000, random)
    partitions = simulate("heavy", 300, 17, random)
    counts = random.multinomial(17, np.full(17, 1 / 17), 300).astype(float)
    name, true, sums, function, scale = next(quantities(partitions, truths))
    assert name == "RMSE, strong"
    low, high = map(scale.backward, METHODS["percentile"](sums, function, scale, counts))
    assert np.mean((low <= true) & (true <= high)) < 0.91
