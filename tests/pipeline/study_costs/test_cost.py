"""What a study costs, worked by hand from the seconds of each stage."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.params.whole import Params
from pipeline.studies.definition import Study, points
from pipeline.studies.fingerprint import workspace_tree
from pipeline.studies.run import Planned
from pipeline.study_costs.cost import Cost, Pretraining, cost_of_points
from pipeline.study_costs.lines import cost_lines
from pipeline.study_costs.reckoning import MEASURED, UNKNOWN, Reckoning
from pipeline.study_costs.stage_keys import stages_of

ROOT = Path(__file__).parents[3]
SECONDS = {"pretrain": 1000.0, "finetune": 600.0, "evaluate": 60.0, "explain": 30.0}  # others: not known


def _seconds(stage: str, params: Params) -> Reckoning:
    seconds = SECONDS.get(stage)
    return Reckoning(MEASURED, seconds, seconds / 2, seconds * 2) if seconds else Reckoning(UNKNOWN)


def _grid(smallest: dict[str, Any], **values: list[Any]) -> tuple[Study, list[Planned]]:
    grid = {name.replace("__", "."): items for name, items in values.items()}
    study = Study.model_validate({"name": "mine", "title": "Mine", "grids": [{"values": grid}]})
    grid_points = points(study, smallest, {})
    return study, [Planned(point, f"mine-{number}", None) for number, point in enumerate(grid_points)]


def _cost(smallest: dict[str, Any], planned: list[Planned]) -> Cost:
    """The cost after a run with `smallest`, which made all its stages."""
    tree = workspace_tree()
    finished = stages_of(tree, smallest).keys.values()
    return cost_of_points([(item.point, stages_of(tree, item.point.params)) for item in planned], {*finished}, _seconds)


@pytest.fixture(autouse=True)
def _in_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def test_points_with_equal_pretraining_share_it(smallest: dict[str, Any]) -> None:
    _, planned = _grid(smallest, model__depth=[27, 36], finetune__seed=[1, 2])
    cost = _cost(smallest, planned)
    assert [list(point.stages) for point in cost.points] == [
        [],  # it is what was run
        ["baselines", "finetune", "evaluate", "explain"],
        ["pretrain", "finetune", "evaluate", "complexity", "explain"],
        ["finetune", "evaluate", "explain"],  # with the pretraining and the complexity of the point before
    ]
    assert [point.time.seconds for point in cost.points] == [0, 690, 1690, 690]
    assert (cost.time.seconds, cost.time.low, cost.time.high) == (3070, 1535, 6140)
    assert cost.pretrainings == [
        Pretraining("model.depth 27", 2, None),
        Pretraining("model.depth 36", 2, Reckoning(MEASURED, 1000, 500, 2000)),
    ]


def test_folds_share_pretraining_and_faces(smallest: dict[str, Any]) -> None:
    _, planned = _grid(smallest, corpus__partition=["subject_folds"], corpus__fold=[0, 1])
    cost = _cost(smallest, planned)
    stages = ["ingest", "detection", "finetune", "baselines", "evaluate", "explain"]
    assert [sorted(point.stages) for point in cost.points] == [sorted(stages)] * 2
    assert cost.pretrainings == [Pretraining("params.yaml as it is", 2, None)]


def test_lines_name_stages_pretrainings_and_what_is_not_known(smallest: dict[str, Any]) -> None:
    _, planned = _grid(smallest, model__depth=[27, 36])
    assert list(cost_lines(planned, _cost(smallest, planned))) == [
        "missing  mine-0  (model.depth 27)",
        "missing  mine-1  (model.depth 36)",
        "         pretrain, finetune, evaluate, complexity and 1 more: about 28 min 10 s (14 min 5 s to 56 min 20 s)",
        "pretrainings: 1 to run, 1 there already",
        "         model.depth 27: for 1 of the experiments: there already",
        "         model.depth 36: for 1 of the experiments: about 16 min 40 s (8 min 20 s to 33 min 20 s)",
        "measured here, in earlier runs of as much work: pretrain, finetune, evaluate, explain",
        "not in the sum, because no run here has been measured: complexity",
        "2 experiments, 2 to queue; one after another on this machine about 28 min 10 s (14 min 5 s to 56 min 20 s)",
    ]


def test_nothing_to_run_costs_nothing(smallest: dict[str, Any]) -> None:
    _, planned = _grid(smallest, model__depth=[27])
    assert list(cost_lines(planned, _cost(smallest, planned)))[-1] == "1 experiments, 1 to queue"
