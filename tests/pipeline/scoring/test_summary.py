"""Tests of the metrics of a model and of the estimators of labels alone: paired differences, and their files."""

import json
import math
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.scoring.missing import MissingCounts
from pipeline.scoring.prediction_tables import Prediction
from pipeline.scoring.subgroups import subgroups_of
from pipeline.scoring.summary import Summary, summarise, write_intervals, write_metrics
from pipeline.severity.scale import scale_of
from pipeline.statistics.interval import Interval
from tests.pipeline.scoring.material import labels_alone, prediction, subgroups

NOTHING_MISSING = MissingCounts(frames=80, absent_frames=0, without_face=0, without_clip=0, missing=0)
# Errors of the model 2 | -2 -4 | 0, of the constant 10 (truths 10 | 20 16 | 0): 0 | -10 -6 | 10.
FOUR = [
    prediction("r1", 10.0, 12.0, subject="a", seen=True),
    prediction("r2", 20.0, 18.0, subject="b"),
    prediction("r3", 16.0, 12.0, subject="b"),
    prediction("r4", 0.0, 0.0, subject="c"),
]


def _skilled(count: int, noise: float) -> list[Prediction]:
    generator = np.random.default_rng(0)
    truth = generator.integers(0, 45, count)
    return [
        prediction(
            f"r{number}", float(score), 15 + 0.7 * (score - 15) + noise * generator.normal(), seen=number % 3 == 0
        )
        for number, score in enumerate(truth)
    ]


def test_subgroups_worked_by_hand() -> None:
    overall, seen, unseen = summarise(subgroups([*FOUR, prediction("r5", None, 60.0)], 10.0), scale_of())
    assert [(summary.subgroup, summary.videos, summary.subjects) for summary in (overall, seen, unseen)] == [
        ("all", 4, 3),
        ("seen", 1, 1),
        ("unseen", 3, 2),
    ]
    values = {key: interval.value for key, interval in overall.metrics.items()}
    assert values["model", "rmse"] == pytest.approx(math.sqrt((4 + 4 + 16 + 0) / 4))
    assert values["model", "mae"] == pytest.approx(2)
    assert values["constant", "rmse"] == pytest.approx(math.sqrt((0 + 100 + 36 + 100) / 4))
    assert values["constant", "mae"] == pytest.approx(26 / 4)
    assert values["difference", "rmse"] == pytest.approx(math.sqrt(6) - math.sqrt(59))
    assert values["difference", "mae"] == pytest.approx(2 - 6.5)
    assert unseen.metrics["model", "mae"].value == pytest.approx((2 + 4 + 0) / 3)
    assert unseen.metrics["constant", "mae"].value == pytest.approx((10 + 6 + 10) / 3)
    assert set(overall.metrics) - set(values) == set()
    estimators = ("model", "constant", "median", "lookup", "difference", "difference to median", "difference to lookup")
    alone = {("model", name) for name in ("bias", "severe called minimal", "minimal called severe")}
    assert set(seen.metrics) == {(estimator, name) for estimator in estimators for name in ("rmse", "mae")} | alone
    assert seen.metrics["model", "rmse"] == Interval(2.0, None, None)


def test_the_difference_to_each_estimator_of_labels_alone_worked_by_hand() -> None:
    # Errors of the median 12: 2 | -8 -4 | 12; of the look-up, which knows subject b: 0 | -3 1 | 10.
    overall = summarise(subgroups_of(FOUR, labels_alone(10.0, 12.0, {"b": 17.0})), scale_of())[0]
    values = {key: interval.value for key, interval in overall.metrics.items()}
    assert values["median", "mae"] == pytest.approx(26 / 4)
    assert values["difference", "mae"] == pytest.approx(2 - 26 / 4)
    assert values["difference to median", "mae"] == pytest.approx(2 - 26 / 4)
    assert values["difference to median", "rmse"] == pytest.approx(math.sqrt(6) - math.sqrt((4 + 64 + 16 + 144) / 4))
    assert values["difference to lookup", "mae"] == pytest.approx(2 - 14 / 4)
    assert values["difference to lookup", "rmse"] == pytest.approx(math.sqrt(6) - math.sqrt((0 + 9 + 1 + 100) / 4))


def test_the_difference_of_equal_models_is_zero() -> None:
    equal = [prediction(f"r{number}", float(number), 15.0) for number in range(20)]
    (overall, _) = summarise(subgroups(equal, 15.0), scale_of())
    for difference in ("difference", "difference to median", "difference to lookup"):
        assert overall.metrics[difference, "rmse"] == Interval(0.0, 0.0, 0.0)
        assert overall.metrics[difference, "mae"] == Interval(0.0, 0.0, 0.0)


def test_the_difference_of_models_that_differ_by_chance_contains_zero() -> None:
    generator = np.random.default_rng(6)
    random = [prediction(f"r{n}", float(generator.integers(0, 45)), 22 + generator.normal()) for n in range(60)]
    difference = summarise(subgroups(random, 22.0), scale_of())[0].metrics["difference", "rmse"]
    assert difference.low is not None and difference.high is not None
    assert difference.low < 0 < difference.high


def test_a_skilled_model_beats_the_constant_and_pairing_narrows_the_interval() -> None:
    metrics = summarise(subgroups(_skilled(60, noise=4), 20.0), scale_of())[0].metrics
    difference, model, constant = (metrics[estimator, "rmse"] for estimator in ("difference", "model", "constant"))
    assert difference.high is not None and difference.high < 0
    assert _length(difference) < math.hypot(_length(model), _length(constant))  # the length for independent draws


def _length(interval: Interval) -> float:
    assert interval.low is not None and interval.high is not None
    return interval.high - interval.low


def test_metrics_json_has_selected_metrics(tmp_path: Path) -> None:
    path = tmp_path / "metrics.json"
    write_metrics(path, summarise(subgroups(FOUR, 10.0), scale_of()), [], NOTHING_MISSING)
    # from their means 11.5 and 10.5: (-1.5 8.5 4.5 -11.5) and (1.5 7.5 1.5 -10.5); products 189, squares 227 and 171
    r = 189 / math.sqrt(227 * 171)
    c = 2 * 189 / 4 / (227 / 4 + 171 / 4 + 1)
    # bands 0 2 1 0 and 0 1 0 0: squared distances together 2, by chance (2 1 + (3 + 0) + (12 + 1)) / 4 = 4.5
    assert path.read_text() == (
        f'{{\n  "rmse": 2.4495,\n  "mae": 2.0,\n  "pcc": {r:.4f},\n  "ccc": {c:.4f},\n  "kappa": 0.5556,\n'
        '  "videos": 4,\n'
        '  "constant": {\n    "rmse": 7.6811,\n    "mae": 6.5\n  },\n'
        '  "lookup": {\n    "rmse": 7.6811,\n    "mae": 6.5\n  },\n'
        '  "unseen": {\n    "rmse": 2.582,\n    "mae": 2.0,\n    "videos": 3\n  },\n'
        '  "frames": 80,\n  "absent_frames": 0,\n  "without_face": 0,\n  "without_clip": 0,\n  "missing": 0\n}\n'
    )
    assert list(tmp_path.iterdir()) == [path]


def test_metrics_json_counts_missing_input_and_leaves_out_undefined_metrics(tmp_path: Path) -> None:
    path = tmp_path / "metrics.json"
    write_metrics(path, summarise(subgroups(FOUR[:1], 10.0), scale_of()), [], MissingCounts(20, 7, 2, 3, 1))
    content = json.loads(path.read_text())
    assert content == {
        "rmse": 2.0,
        "mae": 2.0,
        "videos": 1,
        "constant": {"rmse": 0.0, "mae": 0.0},
        "lookup": {"rmse": 0.0, "mae": 0.0},
        "unseen": {"videos": 0},
        "frames": 20,
        "absent_frames": 7,
        "without_face": 2,
        "without_clip": 3,
        "missing": 1,
    }
    write_metrics(path, summarise(subgroups([], 10.0), scale_of()), [], NOTHING_MISSING)
    assert json.loads(path.read_text()) == {
        **{"videos": 0, "constant": {}, "lookup": {}, "unseen": {"videos": 0}},
        **asdict(NOTHING_MISSING),
    }


def test_metrics_json_has_the_validation_errors(tmp_path: Path) -> None:
    write_metrics(tmp_path / "m.json", [], FOUR, NOTHING_MISSING)
    content = json.loads((tmp_path / "m.json").read_text())
    assert content["validation"] == {"rmse": 2.4495, "mae": 2.0, "videos": 4}


def test_table_of_intervals(tmp_path: Path) -> None:
    metrics = {("model", "rmse"): Interval(7.61, 6.5, 9.25), ("difference", "rmse"): Interval(-0.00001, None, None)}
    write_intervals(tmp_path / "intervals.csv", [Summary("unseen", 62, 25, metrics)])
    assert (tmp_path / "intervals.csv").read_text() == (
        "subgroup,estimator,metric,videos,subjects,value,low,high\n"
        "unseen,model,rmse,62,25,7.6100,6.5000,9.2500\n"
        "unseen,difference,rmse,62,25,0.0000,,\n"
    )


def test_equal_videos_give_equal_tables(tmp_path: Path) -> None:
    for name in "ab":
        write_intervals(tmp_path / name, summarise(subgroups(_skilled(30, 5), 20.0), scale_of()))
    assert (tmp_path / "a").read_text() == (tmp_path / "b").read_text()
    table = pd.read_csv(tmp_path / "a")
    assert len(table) == 3 * (13 + 3 * 2 + 3 * 2)
    assert ((table["low"] <= table["value"]) & (table["value"] <= table["high"])).all()
