"""The report lists every parameter that differs from the profile, and names controls at the top of the page."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.experiments.outcome import Outcome
from pipeline.experiments.repository import Experiment
from pipeline.profiles import apply_profile
from pipeline.report.blocks import Notice
from pipeline.report.page import summary
from pipeline.report.run import differences

ROOT = Path(__file__).parents[3]


@pytest.fixture
def profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The content of params.yaml with the profile avec2014 applied, in a folder that has the profiles."""
    path = tmp_path / "params.yaml"
    path.write_text((ROOT / "params.yaml").read_text())
    apply_profile("avec2014", path, ROOT / "profiles")
    (tmp_path / "profiles").symlink_to(ROOT / "profiles")
    monkeypatch.chdir(tmp_path)
    return yaml.safe_load(path.read_text())


def _outcome(params: dict[str, Any]) -> Outcome:
    return Outcome(Experiment("workspace", None), params, {}, {}, {}, None, {})


def test_the_profile_itself_differs_in_nothing(profile: dict[str, Any]) -> None:
    profile["corpus"]["root"] = "/somewhere/else"  # a path is no difference
    table = differences(_outcome(profile))
    assert table.rows == []
    assert len(table.notes) == 1 and table.notes[0].endswith(
        "other values agree with the profile; paths are not compared."
    )


def test_every_difference_is_listed_and_controls_are_named(profile: dict[str, Any]) -> None:
    profile["evaluate"] |= {"order": "frozen", "seed": 3}
    profile["pretrain"]["precision"] = "bf16-mixed"
    profile["align"]["thresholds"] = [0.9, 0.9, 0.9]
    table = differences(_outcome(profile))
    assert {tuple(row) for row in table.rows} == {
        ("evaluate.order", "frozen", "recorded"),
        ("evaluate.seed", "3", "0"),
        ("pretrain.precision", "bf16-mixed", "32-true"),
        ("align.thresholds", "0.9 0.9 0.9", "0.6 0.7 0.7"),
    }
    assert table.notes[0] == "A CONTROL: evaluate.order. Of this run, the frames of its clips are frozen in testing."
    assert any(isinstance(part, Notice) and part.startswith("A CONTROL") for part in summary(_outcome(profile)))


def test_a_simulated_corpus_lists_its_settings_too(profile: dict[str, Any]) -> None:
    profile["simulate"] |= {"enabled": True, "cue": 0.0}
    rows = {row[0]: row[1:] for row in differences(_outcome(profile)).rows}
    assert rows["simulate.enabled"] == ["true", "false"]
    assert rows["simulate.cue"] == ["0.0", "not set"]
