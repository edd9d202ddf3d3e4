"""Tests of split-conformal intervals: the rank by hand, the guaranteed coverage, one error per subject."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.scoring.conformal import Conformal, calibrate, half_width, one_error_per_subject, write_conformal
from pipeline.scoring.intervals import Interval
from pipeline.scoring.prediction_tables import Prediction
from tests.pipeline.scoring.material import prediction, subgroups


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


def _predictions(count: int, error: float, **changes: bool) -> list[Prediction]:
    return [prediction(f"p{n}-{error}", 20.0, 20.0 + error * (-1) ** n, **changes) for n in range(count)]


def test_coverage_is_counted_by_subgroup_of_the_test_videos() -> None:
    validated = [prediction(f"v{number}", 20.0, 20.0 + number + 1) for number in range(9)]  # errors 1 to 9
    tested = [*_predictions(3, 8.0), *_predictions(1, 9.5), *_predictions(2, 8.5, seen=True)]
    level80, level90, level95 = calibrate(validated, subgroups(tested, 15.0), 200, 0)
    assert (level80.level, level80.calibration_subjects, level80.half_width) == (80, 9, 8.0)  # ceil(10 x 0.8)
    assert {name: interval.value for name, interval in level80.coverage.items()} == {
        "all": 0.5,
        "unseen": 0.75,
        "seen": 0.0,
    }
    assert (level90.level, level90.half_width) == (90, 9.0)
    assert {name: interval.value for name, interval in level90.coverage.items()} == pytest.approx(
        {"all": 5 / 6, "unseen": 0.75, "seen": 1.0}
    )
    low, high = level90.coverage["all"].low, level90.coverage["all"].high
    assert low is not None and high is not None and low < 5 / 6 < high
    assert level95 == Conformal(95, 9, None, {})  # needs 19 subjects


def test_table(tmp_path: Path) -> None:
    tested = subgroups([*_predictions(3, 1.0), *_predictions(1, 2.0)], 15.0)
    results = [Conformal(90, 9, 1.5, {"all": Interval(0.75, 0.5, 1.0)}), Conformal(95, 9, None, {})]
    write_conformal(tmp_path / "conformal.csv", results, tested)
    assert (tmp_path / "conformal.csv").read_text() == (
        "level,calibrated,half_width,subgroup,videos,subjects,coverage,low,high\n"
        "0.9,9,1.5000,all,4,4,0.7500,0.5000,1.0000\n"
        "0.95,9,,,,,,,\n"
    )
