"""What so many people can show: by hand, and by a simulation with a true difference of that size."""

import numpy as np
import pytest
from scipy import stats

from pipeline.report.sample_size import visible_from_errors, visible_from_interval


def _found(generator: np.random.Generator, subjects: int, correlation: float, difference: float) -> tuple[float, float]:
    """Return how often a paired test over subjects finds a difference, and the mean reach of its interval.

    The RMSEs are 8, half the difference more and less; the standard error is that of the jackknife, by its definition.
    """
    covariance = np.array([[1, correlation], [correlation, 1]])
    errors = generator.multivariate_normal([0, 0], covariance, (3000, subjects)) * [
        8 + difference / 2,
        8 - difference / 2,
    ]
    squares = errors**2
    without = np.sqrt((squares.sum(1, keepdims=True) - squares) / (subjects - 1))
    deviations = np.diff(without)[..., 0] - np.diff(without)[..., 0].mean(1, keepdims=True)
    standard_errors = np.sqrt((subjects - 1) / subjects * (deviations**2).sum(1))
    differences = np.diff(np.sqrt(squares.mean(1)))[:, 0]
    reach = stats.t.ppf(0.975, subjects - 1) * standard_errors
    return float(np.mean(np.abs(differences) > reach)), float(reach.mean())


@pytest.mark.parametrize("subjects", [25, 42, 82])
@pytest.mark.parametrize("correlation", [0.5, 0.8])
def test_a_difference_of_that_size_is_found_four_times_out_of_five(subjects: int, correlation: float) -> None:
    generator = np.random.default_rng(subjects)
    difference = visible_from_errors(8.0, correlation, subjects)
    power, _ = _found(generator, subjects, correlation, difference)
    assert power == pytest.approx(0.8, abs=0.06)
    nothing, reach = _found(generator, subjects, correlation, 0.0)
    assert nothing == pytest.approx(0.05, abs=0.025)
    assert visible_from_interval(-reach, reach, subjects) == pytest.approx(difference, rel=0.1)


def test_by_hand() -> None:
    assert visible_from_interval(1.0, 5.0, 10_000) == pytest.approx(2 * (1.960 + 0.842) / 1.960, abs=1e-3)
    assert visible_from_errors(10.0, 0.6, 10_000) == pytest.approx(10 * 0.8 / 100 * (1.960 + 0.842), abs=1e-3)
    assert visible_from_errors(10.0, 0.0, 4) > visible_from_errors(10.0, 0.0, 5)
