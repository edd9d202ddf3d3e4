"""Results beside parameters that did not make them, as dvc.lock shows them."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.experiments.repository import WORKSPACE, Experiment
from pipeline.experiments.stale_results import check_results

RAN = {"decode": {"fps": None}, "clip": {"length": 16}, "finetune": {"epochs": 4}}
STAGES: dict[str, dict[str, Any]] = {
    "decode": {"params": {"params.yaml": {"decode": RAN["decode"]}}, "outs": [{"path": "decoded", "md5": "a"}]},
    "finetune": {
        "deps": [{"path": "decoded", "md5": "a"}, {"path": "stages/finetune.py", "md5": "c"}],
        "params": {"params.yaml": {"finetune": RAN["finetune"], "clip.length": 16}},
        "outs": [{"path": "model", "md5": "b"}],
    },
    "evaluate": {"deps": [{"path": "model", "md5": "b"}]},
}


def _check(params: dict[str, Any], stages: dict[str, Any]) -> None:
    Path("dvc.lock").write_text(yaml.safe_dump({"schema": "2.0", "stages": stages}), encoding="utf-8")
    check_results(Experiment(WORKSPACE, None), params)


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_results_of_their_parameters_pass_also_where_a_version_lacks_a_key_or_the_lock() -> None:
    check_results(Experiment(WORKSPACE, None), RAN)  # there is no dvc.lock
    _check(RAN, STAGES)
    _check({"clip": {"length": 16, "order": "recorded"}}, STAGES)


@pytest.mark.parametrize(
    ("section", "changed", "reason"),
    [
        ("finetune", {"epochs": 1}, "finetune.epochs is 1 in params.yaml, and stage finetune ran with 4"),
        ("clip", {"length": 8}, "clip.length is 8 in params.yaml, and stage finetune ran with 16"),
        ("decode", {"fps": 7.5}, "decode.fps is 7.5 in params.yaml, and stage decode ran with null"),
    ],
)
def test_a_parameter_that_was_edited_without_a_run_is_named(section: str, changed: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=f"workspace: its results were not made with its parameters: {reason}"):
        _check({**RAN, section: changed}, STAGES)


def test_an_output_that_was_made_anew_under_a_later_stage_is_named() -> None:
    stages = {**STAGES, "decode": {**STAGES["decode"], "outs": [{"path": "decoded", "md5": "new"}]}}
    with pytest.raises(ValueError, match="parameters: stage finetune read another decoded than that of stage decode"):
        _check(RAN, stages)
