"""Tests of the bootstrap over subjects: small cases worked by hand, SciPy's bootstrap, and coverage."""

import numpy as np
import pytest
from scipy.stats import bootstrap

from pipeline.scoring.intervals import Interval, Rows, intervals, resample_subjects


def test_a_drawn_subject_brings_all_of_their_videos() -> None:
    subjects = ["b", "a", "b", "c"]
    rows_of = {"a": [1], "b": [0, 2], "c": [3]}
    draws = [rows.tolist() for rows in resample_subjects(subjects, 200, seed=0)]
    for rows in draws:
        counts = {name: rows.count(rows_of[name][0]) for name in rows_of}
        assert sum(counts.values()) == 3  # as many subjects as there are
        assert sorted(rows) == sorted(row for name, times in counts.items() for row in rows_of[name] * times)
    assert {len(rows) for rows in draws} == {3, 4, 5, 6}  # from no b to three times b


def test_draws_depend_on_the_seed_alone() -> None:
    subjects = [f"s{number % 7}" for number in range(20)]
    first, repeated, different = (
        [rows.tolist() for rows in resample_subjects(subjects, 5, seed)] for seed in (4, 4, 5)
    )
    assert first == repeated
    assert first != different


def test_two_subjects_worked_by_hand() -> None:
    # Errors 3 | 1 1 1. Both once: (3 + 1 + 1 + 1) / 4 = 1.5. One of them twice: 3 or 1, each in a quarter of the draws.
    errors = np.array([3.0, 1, 1, 1])
    values: list[float] = []

    def mean(rows: Rows) -> float:
        values.append(float(errors[rows].mean()))
        return values[-1]

    result = intervals({"mean": mean}, ["a", "b", "b", "b"], 400, seed=0)
    assert result == {"mean": Interval(1.5, 1.0, 3.0)}
    assert set(values) == {1.0, 1.5, 3.0}
    assert values[1:].count(1.5) / 400 == pytest.approx(0.5, abs=0.08)


def test_one_video_per_subject_agrees_with_scipy() -> None:
    errors = np.random.default_rng(1).gamma(2, 4, 40)
    result = intervals({"mean": lambda rows: float(errors[rows].mean())}, [str(n) for n in range(40)], 5000, seed=0)
    reference = bootstrap((errors,), np.mean, n_resamples=5000, method="percentile", random_state=1)
    assert result["mean"].value == pytest.approx(errors.mean())
    assert (result["mean"].low, result["mean"].high) == pytest.approx(tuple(reference.confidence_interval), abs=0.15)


def test_intervals_have_their_nominal_coverage_if_videos_of_a_subject_are_alike() -> None:
    generator = np.random.default_rng(2)
    trials, subjects = 200, [f"s{number // 4}" for number in range(120)]
    by_subject = by_video = 0
    for trial in range(trials):
        errors = np.repeat(generator.normal(5, 2, 30), 4) + generator.normal(0, 0.5, 120)

        def mean(rows: Rows, errors: np.ndarray = errors) -> float:
            return float(errors[rows].mean())

        clustered = intervals({"mean": mean}, subjects, 200, trial)["mean"]
        independent = intervals({"mean": mean}, [str(number) for number in range(120)], 200, trial)["mean"]
        by_subject += clustered.low is not None and clustered.high is not None and clustered.low <= 5 <= clustered.high
        by_video += (
            independent.low is not None and independent.high is not None and independent.low <= 5 <= independent.high
        )
    assert 0.88 <= by_subject / trials <= 0.985
    assert by_video / trials < 0.8  # the true coverage of the 95 % intervals from resampled videos


def test_one_subject_has_no_interval() -> None:
    result = intervals({"mean": lambda rows: float(rows.mean())}, ["a", "a"], 100, seed=0)
    assert result == {"mean": Interval(0.5, None, None)}


def test_undefined_statistics_are_left_out() -> None:
    subjects = ["a", "b"]
    assert intervals({"never": lambda rows: None}, subjects, 100, seed=0) == {}
    # Defined by the videos without resampling, but not by the half of the draws that have one subject twice.
    result = intervals({"both": lambda rows: 1.0 if len(set(rows.tolist())) == 2 else None}, subjects, 100, seed=0)
    assert result == {"both": Interval(1.0, 1.0, 1.0)}
