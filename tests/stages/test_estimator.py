"""The stage estimator: the chosen estimator and its settings, and the refusal of an unknown one."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.params.check import check_params
from stages.estimator import main

ROOT = Path(__file__).parents[2]


def _values(smallest: dict[str, Any], network: str = "msn", **estimator: Any) -> dict[str, Any]:
    return {
        **smallest,
        "model": {**smallest["model"], "name": network},
        "estimator": {**smallest["estimator"], **estimator},
    }


def _run(folder: Path, values: dict[str, Any]) -> "subprocess.CompletedProcess[str]":
    """Run the stage as DVC does."""
    (folder / "params.yaml").write_text(yaml.safe_dump(values))
    command = [sys.executable, "-m", "stages.estimator", "models/estimator.json"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("name", "network", "settings"),
    [
        ("clip_network", "msn", {}),
        ("frame_expectation", "resnet50", {}),
        ("motion_statistics", "msn", {"side": 8, "lags": 7, "penalties": [1, 2.5], "folds": 3}),
        (
            "lpq_svr",
            "msn",
            {"window": 9, "grid": 2, "segment": 5.5, "costs": [1, 2.0], "epsilons": [0], "folds": 3},
        ),
    ],
)
def test_the_name_and_the_settings_of_the_chosen_estimator_are_written(
    smallest: dict[str, Any], tmp_path: Path, name: str, network: str, settings: dict[str, Any]
) -> None:
    values = _values(smallest, network, name=name, **{name: settings})
    main(check_params(values), tmp_path / "estimator.json")
    assert json.loads((tmp_path / "estimator.json").read_text()) == {"name": name, "settings": settings}


def test_settings_of_other_estimators_change_nothing(smallest: dict[str, Any], tmp_path: Path) -> None:
    other = _values(smallest, lpq_svr={**smallest["estimator"]["lpq_svr"], "window": 9})
    for name, values in (("first", smallest), ("second", other)):
        main(check_params(values), tmp_path / name)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


def test_the_command_writes_the_file(smallest: dict[str, Any], tmp_path: Path) -> None:
    process = _run(tmp_path, _values(smallest, name="clip_network"))
    assert process.returncode == 0, process.stderr
    assert json.loads((tmp_path / "models/estimator.json").read_text()) == {"name": "clip_network", "settings": {}}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"name": "magic"},
            "estimator.name is magic; allowed: clip_network, frame_expectation, lpq_svr, motion_statistics",
        ),
        (
            {"name": "frame_expectation"},
            "model.name is msn, but estimator.name is frame_expectation; allowed for it: resnet50",
        ),
        (
            {"name": "clip_network", "network": "resnet50"},
            "model.name is resnet50, but estimator.name is clip_network; allowed for it: msn, c3d, i3d",
        ),
        (
            {"name": "lpq_svr", "source": "aligned"},
            "estimator.source is aligned, but estimator.name is lpq_svr; allowed for it: sequences",
        ),
    ],
)
def test_the_command_refuses_an_estimator_that_cannot_be_fitted(
    smallest: dict[str, Any], tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    process = _run(tmp_path, _values(smallest, **changes))
    assert (process.returncode, process.stdout) == (1, "")
    assert process.stderr.splitlines() == [f"stages.estimator: params.yaml: {message}"]
    assert not (tmp_path / "models").exists()
