"""Tests of split-conformal intervals: the rank by hand, the guaranteed coverage, one error per subject."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.scoring.conformal import (
    LEVELS,
    PROMISES,
    Conformal,
    calibrate,
    half_width,
    one_error_per_subject,
    write_conformal,
)
from pipeline.scoring.prediction_tables import Prediction
from pipeline.statistics.interval import Interval
from tests.pipeline.scoring.material import prediction


@pytest.mark.parametrize(
    ("count", "level", "expected"),
    [
        (19, 95, 19),  # ceil(20 x 0.95) = 19: the largest of 19
        (18, 95, None),  # ceil(19 x 0.95) = 19 of 18
        (39, 95, 38),
        (9, 90, 9),
        (10, 90, 10),  # ceil(9.9)
        (4, 80, 4),
        (3, 80, None),
        (99, 90, 90),  # 100 x 0.9 in floating point may be more than 90
        (0, 80, None),
    ],
)
def test_the_rank_worked_by_hand(count: int, level: int, expected: int | None) -> None:
    errors = [float(rank) for rank in range(count, 0, -1)]
    assert half_width(errors, level) == expected


def test_the_share_of_new_errors_within_the_half_width_is_that_of_theory() -> None:
    # Of n + 1 continuous exchangeable errors the last is among the k smallest with probability k / (n + 1).
    generator = np.random.default_rng(0)
    covered = []
    for _ in range(4000):
        errors = generator.gamma(2, 3, 31).tolist()
        width = half_width(errors[:30], 90)
        assert width is not None
        covered.append(errors[30] <= width)
    assert np.mean(covered) == pytest.approx(28 / 31, abs=0.015)  # ceil(31 x 0.9) = 28


def test_each_subject_contributes_one_error() -> None:
    predictions = [
        prediction("r1", 10.0, 13.0, subject="a"),
        prediction("r2", 10.0, 5.0, subject="a"),
        prediction("r3", 10.0, 11.0, subject="b"),
        prediction("r4", None, 50.0, subject="c"),
    ]
    draws = [one_error_per_subject(predictions, seed) for seed in range(40)]
    assert {tuple(errors) for errors in draws} == {(3.0, 1.0), (5.0, 1.0)}
    assert one_error_per_subject(predictions[::-1], 7) == one_error_per_subject(predictions, 7)


def test_subjects_are_exchangeable_where_their_videos_are_not() -> None:
    """One error a subject has the coverage of theory; the errors of all videos cover too little.

    Half of the people have eight videos, and they are the ones who are estimated best.
    """
    generator = np.random.default_rng(1)
    covered = []
    for _ in range(800):
        has_many = generator.random(20) < 0.5
        scale = np.where(has_many, 1.0, 6.0)
        validated = [
            prediction(f"{subject}-{video}", 0.0, float(scale[subject] * generator.normal()), subject=str(subject))
            for subject in range(19)
            for video in range(8 if has_many[subject] else 1)
        ]
        of_videos = half_width([abs(item.estimate) for item in validated], 80)
        of_subjects = half_width(one_error_per_subject(validated, 0), 80)
        assert of_videos is not None and of_subjects is not None
        new = abs(scale[19] * generator.normal())
        covered.append((new <= of_videos, new <= of_subjects))
    by_videos, by_subjects = np.mean(covered, axis=0)
    assert by_subjects == pytest.approx(16 / 20, abs=0.045)  # ceil(20 x 0.8) = 16
    assert by_videos < 0.75


# Validated: nine people who were not fitted, with errors 1 to 9, and four who were, with errors 0.1 to 0.4.
NEW = [prediction(f"v{n}", 20.0, 20.0 + n, subject=f"new{n}") for n in range(1, 10)]
MET = [prediction(f"w{n}", 20.0, 20.0 - n / 10, subject=f"met{n}") for n in range(1, 5)]
FITTED = frozenset([*(f"met{n}" for n in range(1, 5)), "old1", "old2"])
TESTED = [
    prediction("t1", 20.0, 28.0, subject="fresh1"),
    prediction("t2", 20.0, 12.5, subject="fresh1"),
    prediction("t3", 20.0, 28.5, subject="fresh2"),
    prediction("t4", None, 28.5, subject="fresh3"),  # no score
    prediction("t5", 20.0, 99.0, subject="fresh4", clips=0),  # the constant, which no model estimated
    prediction("t6", 20.0, 20.3, subject="old1"),
    prediction("t7", 20.0, 20.5, subject="old2"),
    prediction("t8", 20.0, 90.0, subject="met1"),  # validated themselves
    prediction("t9", 20.0, 90.0, subject="new1"),
]


def test_each_promise_is_calibrated_on_its_own_people_and_tested_on_them() -> None:
    results = {(item.promise, item.level): item for item in calibrate([*NEW, *MET], TESTED, FITTED, 0)}
    assert list(results) == [(promise, level) for promise in PROMISES for level in LEVELS]
    new80, met80 = results["new people", 80], results["people met in fitting", 80]
    assert (new80.calibration_subjects, new80.half_width) == (9, 8.0)  # ceil(10 x 0.8) = 8 of 9
    assert (new80.videos, new80.subjects) == (3, 2)
    assert new80.coverage is not None
    assert new80.coverage.value == pytest.approx(2 / 3)  # 8 and 7.5 of 8, 7.5, 8.5
    assert results["new people", 90].half_width == 9.0
    assert results["new people", 95] == Conformal(95, "new people", 9, None, 3, 2, None)  # needs 19 subjects
    assert (met80.calibration_subjects, met80.videos, met80.subjects) == (4, 2, 2)
    assert met80.half_width == pytest.approx(0.4)  # ceil(5 x 0.8) = 4 of 4
    assert met80.coverage is not None
    assert met80.coverage.value == 0.5  # 0.3 of 0.3, 0.5
    assert results["people met in fitting", 90].half_width is None


@pytest.mark.parametrize(
    ("validated", "promises"), [(NEW, {"new people"}), (MET, {"people met in fitting"}), ([], set())]
)
def test_there_is_no_promise_without_people_to_calibrate_it_on(validated: list[Prediction], promises: set[str]) -> None:
    results = calibrate(validated, TESTED, FITTED, 0)
    assert {item.promise for item in results} == promises
    assert len(results) == len(promises) * len(LEVELS)


def test_new_people_get_no_interval_from_people_met_in_fitting() -> None:
    """17 of 42 test subjects of AVEC2014 are fitted: errors of people met in fitting say nothing of the other 25."""
    validated = [prediction(f"v{n}", 20.0, 20.5, subject=f"met{n}") for n in range(40)]
    tested = [prediction(f"t{n}", 20.0, 29.0 if n < 25 else 20.1, subject=f"test{n}") for n in range(42)]
    fitted = {f"met{n}" for n in range(40)} | {f"test{n}" for n in range(25, 42)}
    results = calibrate(validated, tested, fitted, 0)
    assert [(item.promise, item.subjects) for item in results] == [("people met in fitting", 17)] * 3
    assert all(item.coverage is not None and item.coverage.value == 1.0 for item in results)


def test_table(tmp_path: Path) -> None:
    results = [
        Conformal(90, "new people", 9, 1.5, 4, 3, Interval(0.75, 0.5, 1.0)),
        Conformal(95, "new people", 9, None, 4, 3, None),
        Conformal(80, "people met in fitting", 4, 0.25, 0, 0, None),
    ]
    write_conformal(tmp_path / "conformal.csv", results)
    assert (tmp_path / "conformal.csv").read_text() == (
        "level,promise,calibrated,half_width,videos,subjects,coverage,low,high\n"
        "0.9,new people,9,1.5000,4,3,0.7500,0.5000,1.0000\n"
        "0.95,new people,9,,4,3,,,\n"
        "0.8,people met in fitting,4,0.2500,0,0,,,\n"
    )
