"""How often a configuration ranks first, and what many looks do."""

from dataclasses import replace
from itertools import permutations
from math import pi, sqrt

import numpy as np
import pytest
from scipy import stats

from pipeline.comparing.multiplicity import expected_best, holm
from pipeline.comparing.ranking import first_shares
from pipeline.comparing.repeats import gather_repeats
from tests.pipeline.comparing.material import off_by, run


def test_ties_are_divided_and_a_sure_order_is_sure() -> None:
    equal = [gather_repeats(name, [off_by(name, 3, "a", "b", "c")]) for name in "xy"]
    assert first_shares(equal) == [0.5, 0.5]
    better = gather_repeats("z", [off_by("z", 2, "a", "b", "c")])
    assert first_shares([*equal, better]) == [0, 0, 1]


def test_an_order_that_depends_on_one_subject() -> None:
    # y is better for b alone, and there by far: of draws of two of the two subjects, x is first in those without b
    x = gather_repeats("x", [run("x", {"a": (0, 1), "b": (0, 9)})])
    y = gather_repeats("y", [run("y", {"a": (0, 2), "b": (0, 1)})])
    shares = first_shares([x, y], draws=20_000)
    assert shares == pytest.approx([1 / 4, 3 / 4], abs=0.01)


def test_seeds_make_an_order_unsure() -> None:
    # 5 against the mean of 5.5 and 6.5; the variance 0.5 between those two is lent to the other
    single = gather_repeats("x", [off_by("x", 5, "a", "b")])
    repeated = gather_repeats(
        "y", [off_by("y1", 5.5, "a", "b", finetuning=1), off_by("y2", 6.5, "a", "b", finetuning=2)]
    )
    shares = first_shares([single, repeated], draws=20_000)
    assert shares[0] == pytest.approx(stats.norm.cdf(1 / sqrt(0.5 / 1 + 0.5 / 2)), abs=0.01)
    assert sum(shares) == pytest.approx(1)
    assert first_shares([single, replace(repeated, models=repeated.models[:1])]) == [1, 0]  # as if it were certain


def test_holm_by_hand() -> None:
    # 4 x 0.01, then 3 x 0.02 (0.06), then 2 x 0.025 (0.05, but not below 0.06), then 0.9
    values = {0.01: 0.04, 0.02: 0.06, 0.025: 0.06, 0.9: 0.9}
    for order in permutations(values):
        assert holm(order) == pytest.approx([values[p] for p in order])
    assert holm([0.4, 0.3]) == [0.6, 0.6]
    assert holm([0.6, 0.7]) == [1.0, 1.0]
    assert holm([0.01], looked_at=10) == [0.1]
    assert holm([]) == []


def test_the_best_of_equal_ones_looks_better_than_it_is() -> None:
    assert expected_best(2) == pytest.approx(1 / sqrt(pi))
    assert expected_best(3) == pytest.approx(1.5 / sqrt(pi))
    samples = np.random.default_rng(0).normal(size=(100_000, 9))
    assert expected_best(9) == pytest.approx(samples.max(1).mean(), abs=0.01)
