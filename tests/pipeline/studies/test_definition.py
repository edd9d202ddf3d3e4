"""Study files, and the grid points that they define."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.params.errors import ParamsError
from pipeline.studies.definition import Study, StudyError, list_studies, parse_changes, points, read_study

ROOT = Path(__file__).parents[3]
BASE: dict[str, Any] = yaml.safe_load((ROOT / "params.yaml").read_text())


def _study(*grids: dict[str, Any], **fields: Any) -> Study:
    return Study.model_validate({"name": "mine", "title": "Mine", "grids": list(grids), **fields})


def test_a_grid_has_all_combinations() -> None:
    study = _study({"values": {"model.depth": [27, 69], "finetune.seed": [1, 2], "model.name": "msn"}})
    grid_points = points(study, BASE, {})
    assert [(point.row, point.repeat) for point in grid_points] == [
        ("model.depth 27, finetune.seed 1", ""),
        ("model.depth 27, finetune.seed 2", ""),
        ("model.depth 69, finetune.seed 1", ""),
        ("model.depth 69, finetune.seed 2", ""),
    ]
    assert [point.params["model"]["depth"] for point in grid_points] == [27, 27, 69, 69]
    assert BASE["model"]["depth"] == 27


def test_repeats_share_a_row() -> None:
    study = _study({"values": {"finetune.seed": [1, 2]}}, repeats=["finetune.seed"])
    assert [(point.row, point.repeat) for point in points(study, BASE, {})] == [
        ("as it is", "finetune.seed 1"),
        ("as it is", "finetune.seed 2"),
    ]


def test_equal_points_occur_once_and_changes_apply_to_all() -> None:
    study = _study({}, {"values": {"model.depth": [27, 36]}})
    grid_points = points(study, BASE, {"finetune.validation": "subjects"})
    assert [point.params["model"]["depth"] for point in grid_points] == [27, 36]
    assert {point.params["finetune"]["validation"] for point in grid_points} == {"subjects"}


def test_a_grid_whose_condition_fails_is_left_out() -> None:
    study = _study({}, {"label": "simulated", "only": {"simulate.enabled": True}, "values": {"simulate.cue": 0.0}})
    assert [point.row for point in points(study, BASE, {})] == ["as it is", "simulated"]
    assert [point.row for point in points(study, BASE, {"simulate.enabled": False})] == ["as it is"]


def test_values_of_a_study_hold_for_all_grids_unless_they_are_set() -> None:
    study = _study({}, {"label": "deep", "values": {"model.depth": 69}}, values={"finetune.epochs": 9})
    grid_points = points(study, BASE, {})
    assert [(point.row, point.params["finetune"]["epochs"]) for point in grid_points] == [("as it is", 9), ("deep", 9)]
    assert [dict(point.values) for point in grid_points] == [
        {"finetune.epochs": 9},
        {"finetune.epochs": 9, "model.depth": 69},
    ]
    changed = points(study, BASE, {"finetune.epochs": 2})
    assert [point.params["finetune"]["epochs"] for point in changed] == [2, 2]
    assert [dict(point.varying) for point in grid_points] == [{}, {"model.depth": 69}]
    with pytest.raises(StudyError, match=r"mine: no.key is not a known key"):
        points(_study({}, values={"no.key": 1}), BASE, {})


def test_a_label_stands_beside_the_place_on_the_x_axis() -> None:
    study = _study({"label": "one", "values": {"simulate.cue": [0.0, 1.0]}}, x="simulate.cue")
    assert [(point.row, point.grid) for point in points(study, BASE, {})] == [
        ("one, simulate.cue 0.0", "one"),
        ("one, simulate.cue 1.0", "one"),
    ]


def test_errors_name_the_wrong_point() -> None:
    with pytest.raises(ParamsError, match=r"mine, grid 1, model.depth 68: model.depth is 68; allowed: 27, 36"):
        points(_study({"values": {"model.depth": [27, 68]}}), BASE, {})
    with pytest.raises(StudyError, match=r"mine, grid 1: model.deep is not a known key"):
        points(_study({"values": {"model.deep": [27]}}), BASE, {})
    with pytest.raises(StudyError, match=r"what is set for all points: no.key is not"):
        points(_study({}), BASE, {"no.key": 1})


def test_errors_name_the_wrong_file(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"nothing.yaml: no such study; allowed: one, or the path of a YAML file"):
        (tmp_path / "one.yaml").write_text("name: one\ntitle: One\ngrids: []\nplot: x\n")
        read_study("nothing", tmp_path)
    with pytest.raises(StudyError, match=r"one.yaml: grids: .*\n.*one.yaml: plot: "):
        read_study("one", tmp_path)


def test_changes_are_parsed_as_yaml() -> None:
    assert parse_changes(["model.kernels=[3, 5]", "a.b=none", "c.d=0.5"]) == {
        "model.kernels": [3, 5],
        "a.b": "none",
        "c.d": 0.5,
    }
    with pytest.raises(StudyError, match="-S seed; allowed: key=value"):
        parse_changes(["seed"])


@pytest.mark.parametrize(
    ("name", "runs"),
    [
        ("depth", 5),
        ("kernels", 9),
        ("models", 3),
        ("estimators", 4),
        ("seeds", 3),
        ("folds", 5),
        ("controls", 13),
        ("permutation", 39),
        ("cross-corpus", 5),
        ("footage", 10),
        ("power", 250),
    ],
)
def test_the_studies_of_the_repository_are_valid(name: str, runs: int) -> None:
    study = read_study(name, ROOT / "studies")
    assert study.name == name
    assert len(points(study, BASE, {})) == runs


def test_all_studies_are_listed() -> None:
    assert list_studies(ROOT / "studies") == [
        "controls",
        "cross-corpus",
        "depth",
        "estimators",
        "folds",
        "footage",
        "kernels",
        "models",
        "permutation",
        "power",
        "seeds",
    ]
