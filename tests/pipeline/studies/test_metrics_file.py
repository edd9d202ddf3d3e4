"""The metrics of a study's rows for programs: over all videos of the folds, worked by hand."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.studies.metrics_file import write_metrics
from tests.pipeline.studies.material import outcome, rows

FIRST = {"a1": (0.0, 3.0), "b1": (10.0, 13.0)}  # off by 3
SECOND = {"c1": (20.0, 25.0), "d1": (30.0, 25.0)}  # off by 5, up and down


def test_rows_stand_at_the_top_and_under_their_labels(tmp_path: Path) -> None:
    network = [outcome("one", FIRST, fold=0, constant=6.0), outcome("two", SECOND, fold=1, constant=8.0)]
    near = {name: (score, score + 1) for name, (score, _) in SECOND.items()}
    motion = [outcome("three", FIRST, fold=0), outcome("four", near, fold=1)]
    write_metrics(tmp_path / "metrics.json", rows(network=network, motion=motion))
    values = json.loads((tmp_path / "metrics.json").read_text())
    assert values["rmse"] == pytest.approx(((9 + 9 + 25 + 25) / 4) ** 0.5, abs=1e-4)  # not the mean of 3 and 5
    assert values["constant"]["rmse"] == pytest.approx(((36 + 64) / 2) ** 0.5, abs=1e-4)
    assert values["motion"]["rmse"] == pytest.approx(((9 + 9 + 1 + 1) / 4) ** 0.5, abs=1e-4)
    assert list(values) == ["rmse", "mae", "constant", "motion"]


def test_a_row_that_is_not_finished_is_refused(tmp_path: Path) -> None:
    (row,) = rows(network=[outcome("one", FIRST)])
    with pytest.raises(ValueError, match=r"network: 1 of 2 experiments are finished; allowed: all"):
        write_metrics(tmp_path / "metrics.json", [replace(row, repeats=2)])
    assert not (tmp_path / "metrics.json").exists()


def test_folds_of_other_videos_must_not_be_mixed(tmp_path: Path) -> None:
    seeds = [outcome("one", FIRST, seed=1), outcome("two", SECOND, seed=2)]
    with pytest.raises(
        ValueError, match=r"network: the estimates of its experiments are not in DVC's cache, or of other"
    ):
        write_metrics(tmp_path / "metrics.json", rows(network=seeds))
    assert not (tmp_path / "metrics.json").exists()
