"""Tests of differences between groups of people: by hand, paired where people are in both, and their coverage."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.scoring.group_differences import group_differences, write_group_differences
from pipeline.scoring.prediction_tables import Prediction
from tests.pipeline.scoring.material import prediction, subgroups


def _two_sexes(errors_f: list[float], errors_m: list[float]) -> list[Prediction]:
    people = [("F", error) for error in errors_f] + [("M", error) for error in errors_m]
    return [prediction(f"r{n}", 20.0, 20.0 + error, sex=sex) for n, (sex, error) in enumerate(people)]


def test_a_group_is_compared_with_the_others_of_its_kind_by_hand() -> None:
    predictions = _two_sexes([3.0, -4, 5, 0], [1.0, 1, -1, 1])
    found = {item.metric: item for item in group_differences(subgroups(predictions, 15.0))}
    assert {item.kind for item in found.values()} == {"sex"}
    assert found["rmse"].difference.value == pytest.approx(np.sqrt(50 / 4) - 1)
    assert found["mae"].difference.value == pytest.approx(3 - 1)
    assert found["bias"].difference.value == pytest.approx(1 - 0.5)
    assert (found["mae"].group, found["mae"].others) == ("sex F", ("sex M",))


def test_the_interval_of_two_independent_means_is_nearly_welchs() -> None:
    generator = np.random.default_rng(3)
    f, m = generator.normal(0, 4, 60), generator.normal(0, 8, 40)
    found = {item.metric: item for item in group_differences(subgroups(_two_sexes([*f], [*m]), 15.0))}
    standard_error = np.sqrt(f.var(ddof=1) / 60 + m.var(ddof=1) / 40)
    interval = found["bias"].difference
    assert interval.low is not None and interval.high is not None
    assert interval.high - interval.low == pytest.approx(2 * 2.0 * standard_error, rel=0.05)  # t of 60 to 99: 1.98, 2.0


def test_a_group_of_two_subjects_has_no_interval_however_many_the_others_are() -> None:
    found = group_differences(subgroups(_two_sexes([3.0, -4], [1.0, 2, -1, 1, 5, 7]), 15.0))
    assert [(item.difference.low, item.difference.why) for item in found] == [
        (None, "one side has fewer than 3 subjects")
    ] * 3


def test_three_groups_are_each_compared_with_the_two_others() -> None:
    predictions = [prediction(f"r{n}", 20.0, 20.0 + n, age=age) for n, age in enumerate([20.0, 35, 50, 20, 35, 50])]
    found = [item for item in group_differences(subgroups(predictions, 15.0)) if item.metric == "mae"]
    assert [(item.group, item.group_subjects, item.others_subjects) for item in found] == [
        ("age under 30", 2, 4),
        ("age 30 to 44", 2, 4),
        ("age 45 to 59", 2, 4),
    ]
    assert [item.difference.value for item in found] == [1.5 - 3, 2.5 - 2.5, 3.5 - 2]


def test_tasks_of_the_same_people_are_paired(tmp_path: Path) -> None:
    generator = np.random.default_rng(5)
    predictions = []
    for number, size in enumerate(generator.normal(0, 9, 30)):
        for task, more in (("read", 0.0), ("speak", 1.0)):  # the error of one task is exactly 1 point above the other
            predictions.append(prediction(f"{task}{number}", 20.0, 20 + size + more, subject=f"s{number}", task=task))
    found = {item.metric: item.difference for item in group_differences(subgroups(predictions, 15.0))}
    assert found["bias"].value == pytest.approx(-1)
    assert found["bias"].low == pytest.approx(-1, abs=1e-6)
    assert found["bias"].high == pytest.approx(-1, abs=1e-6)
    write_group_differences(tmp_path / "a.csv", group_differences(subgroups(predictions, 15.0)))
    assert "task,task read,task speak,bias,30,30,-1.0000,-1.0000,-1.0000" in (tmp_path / "a.csv").read_text()
