"""The variance over subjects and seeds, worked by hand on a table of two models and three subjects."""

import numpy as np
import pytest

from pipeline.comparing.variance import SeedVariance, add_seeds, p_value, pool, seed_variance
from pipeline.statistics.jackknife import Uncertainty

TABLE = np.array([[1.0, 2, 3], [3, 2, 7]])  # models subjects; the metric is the mean over subjects


def _without(table: np.ndarray) -> np.ndarray:
    return (table.sum(1, keepdims=True) - table) / (table.shape[1] - 1)


def _uncertainty(variance: float, degrees: float, estimate: float = 0.0) -> Uncertainty:
    return Uncertainty(np.array(estimate), np.array(variance**0.5), np.array(float(degrees)))


def test_mean_squares_by_hand() -> None:
    seeds = seed_variance(TABLE.mean(1), _without(TABLE))
    assert seeds is not None
    assert (seeds.total, seeds.degrees) == (2.0, 1)  # of the means 2 and 4
    # subjects' means 2, 2, 5, all 3: the rests are 0 1 -1 and 0 -1 1, their squares 4, over 1 x 2 degrees 2
    assert seeds.by_subject == pytest.approx(2 / 3)
    assert seeds.degrees_by_subject == 2
    assert seeds.common == pytest.approx(2 - 2 / 3)
    assert seed_variance(TABLE.mean(1)[:1], _without(TABLE)[:1]) is None


def test_what_both_sources_contain_counts_once() -> None:
    seeds = SeedVariance(2.0, 2 / 3, 1, 2)
    total = add_seeds(_uncertainty(1.0, 2), [(seeds, 2)])
    assert float(total.standard_error) ** 2 == pytest.approx(1 + 2 / 2 - 2 / 3 / 2)
    # Satterthwaite: (5 / 3)^2 over 1^2 / 2 + 1^2 / 1 + (1 / 3)^2 / 2
    assert float(total.degrees) == pytest.approx((25 / 9) / (1 / 2 + 1 + 1 / 18))


def test_no_source_is_hidden_by_a_large_rest() -> None:
    large_rest = SeedVariance(0.1, 5.0, 1, 41)
    assert float(add_seeds(_uncertainty(1.0, 41), [(large_rest, 2)]).standard_error) == 1.0
    only_seeds = SeedVariance(4.0, 5.0, 1, 41)
    total = add_seeds(_uncertainty(1.0, 41), [(only_seeds, 2)])
    assert float(total.standard_error) ** 2 == pytest.approx(2)
    assert 1 <= float(total.degrees) <= 41


def test_models_that_do_not_depend_on_seeds_have_the_variance_of_subjects() -> None:
    of_subjects = _uncertainty(1.0, 41)
    assert add_seeds(of_subjects, [(SeedVariance(0.0, 0.0, 2, 82), 3)]) == of_subjects
    assert add_seeds(of_subjects, []) == of_subjects


def test_a_lent_variance_is_known_no_better_for_being_used_twice() -> None:
    seeds, other = SeedVariance(1.0, 0.0, 2, 20), SeedVariance(1.0, 0.0, 2, 20)
    of_subjects = _uncertainty(1e-9, 100)
    assert float(add_seeds(of_subjects, [(seeds, 3), (seeds, 1)]).degrees) == pytest.approx(2, rel=1e-6)
    welch = (1 / 3 + 1) ** 2 / ((1 / 3) ** 2 / 2 + 1 / 2)
    assert float(add_seeds(of_subjects, [(seeds, 3), (other, 1)]).degrees) == pytest.approx(welch, rel=1e-6)


def test_variances_are_pooled_by_their_degrees() -> None:
    pooled = pool([SeedVariance(1.0, 0.5, 1, 10), SeedVariance(4.0, 2.0, 2, 20)])
    assert pooled == SeedVariance(3.0, 1.5, 3, 30)
    assert pool([]) is None


def test_p_of_a_difference() -> None:
    # with one degree of freedom Student's t is Cauchy's: P(|t| > 1) = 1 / 2
    assert p_value(_uncertainty(4.0, 1, estimate=2.0)) == pytest.approx(0.5)
    assert p_value(_uncertainty(4.0, 1, estimate=0.0)) == 1.0
    assert p_value(_uncertainty(0.0, 1, estimate=2.0)) == 0.0
