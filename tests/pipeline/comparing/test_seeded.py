"""Metrics over subjects and seeds: by hand, and in populations whose truth is known by construction."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.trained_population import Population
from benchmarks.training_noise import covered, differing, true_rmse
from pipeline.comparing.render import verdicts
from pipeline.comparing.repeats import gather_repeats
from pipeline.comparing.scores import compare_sides
from pipeline.comparing.seeded import seeded_difference, seeded_value, seeds_of
from pipeline.statistics.agreement import pcc
from pipeline.statistics.errors import mae, rmse
from pipeline.statistics.scales import IDENTITY
from tests.pipeline.comparing.material import off_by, run

DRAWS = 300
SUBJECTS = 42  # of AVEC's test partition


def test_mean_deviation_and_interval_by_hand() -> None:
    errors = {1: {"a": (10, 11), "b": (10, 12), "c": (10, 13)}, 2: {"a": (10, 13), "b": (10, 12), "c": (10, 17)}}
    repeats = gather_repeats("x", [run(f"s{seed}", videos, finetuning=seed) for seed, videos in errors.items()])
    value = seeded_value(repeats, mae)
    assert value is not None
    assert (value.interval.value, value.values) == (3.0, (2.0, 4.0))
    assert value.deviation == pytest.approx(2**0.5)
    seeds = seeds_of(repeats, mae, IDENTITY)  # the table of test_variance.py
    assert seeds is not None
    assert (seeds.total, seeds.by_subject) == pytest.approx((2, 2 / 3))
    single = seeded_value(gather_repeats("x", [run("s1", errors[1])]), mae)
    assert single is not None
    assert (single.values, single.deviation) == ((2.0,), None)
    assert single.interval == mae.of(np.full(3, 10.0), np.array([11.0, 12, 13])).interval(["a", "b", "c"])


def test_seeds_that_move_all_videos_widen_a_difference() -> None:
    first = gather_repeats("a", [off_by(f"a{error}", error, *"abc", finetuning=error) for error in (3, 5)])
    second = gather_repeats("b", [off_by(f"b{error}", error, *"abc", finetuning=error) for error in (6, 8)])
    difference = seeded_difference(first, second, rmse)
    assert difference is not None
    # 7 minus 4; each side has the variance 2 over 2 models: 1 + 1, with 2 degrees of freedom
    assert difference.interval.value == pytest.approx(3)
    assert difference.standard_error == pytest.approx(2**0.5)
    assert difference.interval.high == pytest.approx(3 + 4.3027 * 2**0.5, rel=1e-4)
    alone = seeded_difference(replace(first, models=first.models[:1]), replace(second, models=second.models[:1]), rmse)
    assert alone is not None
    assert alone.interval.low == alone.interval.high == 3.0  # as if it were certain
    lent = seeds_of(first, rmse, IDENTITY)
    borrowed = seeded_difference(replace(first, models=first.models[:1]), second, rmse, lent)
    assert borrowed is not None
    assert borrowed.standard_error == pytest.approx((2 / 1 + 2 / 2) ** 0.5)


def test_a_metric_that_is_not_defined_has_no_value_or_no_interval() -> None:
    constant = gather_repeats("x", [off_by("one", 1, *"abc")])
    assert seeded_value(constant, pcc) is None
    alone = seeded_value(gather_repeats("x", [off_by("one", 1, "a", "b")]), mae)
    assert alone is not None and alone.interval.low is None and "fewer than 3 subjects" in alone.interval.why
    exact = seeded_value(gather_repeats("x", [off_by("one", 0, *"abc")]), rmse)
    assert exact is not None and exact.interval.low is None and "at its bound" in exact.interval.why


@pytest.mark.parametrize("models", [2, 3, 5])
def test_equal_configurations_seldom_differ_by_more_than_the_noise(models: int) -> None:
    assert differing(Population(seed=20), SUBJECTS, models, DRAWS) <= 0.06


def test_single_runs_of_equal_configurations_often_do() -> None:
    # the interval over subjects alone, which is why its sentence does not say that a difference is more than the noise
    assert differing(Population(seed=20), SUBJECTS, 1, DRAWS) > 0.15
    population, outside = Population(seed=20), 0
    for _ in range(40):
        people = population.draw(SUBJECTS)
        comparison = compare_sides(population.repeats(*people, 1), population.repeats(*people, 1))
        outside += not comparison.errors[0].contains_zero
        assert "more than the noise" not in " ".join(verdicts(comparison))
    assert outside > 0


@pytest.mark.long
def test_the_interval_contains_the_mean_over_people_and_trainings() -> None:
    population = Population(seed=3, slope=0.12, offset=2.5)
    truth = true_rmse(population)
    shares = {models: covered(population, truth, SUBJECTS, models, DRAWS)[0] for models in (1, 2, 3, 5)}
    assert all(0.92 <= shares[models] <= 0.98 for models in (2, 3, 5)), shares
    assert shares[1] < 0.88, shares  # over subjects alone
