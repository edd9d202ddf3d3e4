"""The stages that a study reckons with are those that DVC runs: by the table of tests/scenarios/test_reruns.py."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.studies.fingerprint import workspace_tree
from pipeline.study_costs.stage_keys import stages_of
from tests.pipeline.experiments.material import git
from tests.scenarios.test_reruns import BELOW, DIRECT, REFUSED, SINGLE

ROOT = Path(__file__).parents[3]
# Parameters that may change an output and do not on the smallest corpus: what DVC finds out after the run.
EQUAL_OUTPUTS = {
    *("corpus.folds", "corpus.fold", "corpus.labels_root", "decode.on_error", "decode.max_lost"),
    *("corpus.external.root", "corpus.external.labels_root", "corpus.external.shared_subjects", "corpus.permutation"),
    *("pretrain.decay_every", "pretrain.decay_factor", "pretrain.held_out", "evaluate.seed"),
    *(
        "simulate.external",
        "simulate.footage",
        "simulate.largest_cue",
        "corpus.cut",
        "baselines.penalties",
        "baselines.folds",
        "baselines.window",
        "baselines.grid",
    ),
    *("align.margin", "align.min_face", "align.thresholds"),
}


def _stages_that_differ(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {name for name in before if before[name] != after[name]}


def _changed(params: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    first, _, rest = key.partition(".")
    return {**params, first: _changed(params[first], rest, value) if rest else value}


def test_keys_differ_for_the_stages_that_dvc_would_run(smallest: dict[str, Any], monkeypatch: Any) -> None:
    monkeypatch.chdir(ROOT)
    tree = workspace_tree()
    before = stages_of(tree, smallest).keys
    wrong = {}
    for key, (value, direct) in DIRECT.items():
        if key in REFUSED or key in ("pretrain.batch", "estimator.name"):
            continue
        differ = _stages_that_differ(before, stages_of(tree, _changed(smallest, key, value)).keys)
        expected = SINGLE.get(key) or set().union(*(BELOW[stage] for stage in direct))
        if differ != expected and not (key in EQUAL_OUTPUTS and differ > expected):
            wrong[key] = differ ^ expected
    assert wrong == {}


@pytest.mark.parametrize("key", ["corpus.fold", "corpus.partition"])
def test_other_folds_need_no_decoding_nor_alignment(smallest: dict[str, Any], monkeypatch: Any, key: str) -> None:
    monkeypatch.chdir(ROOT)
    tree = workspace_tree()
    base = _changed(smallest, "corpus.partition", "official" if key == "corpus.partition" else "subject_folds")
    other = _changed(base, key, DIRECT[key][0])
    assert _stages_that_differ(stages_of(tree, base).keys, stages_of(tree, other).keys) == SINGLE["corpus.partition"]


def test_another_code_of_a_stage_changes_it_and_the_stages_after_it(
    tmp_path: Path, smallest: dict[str, Any], monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    stages = {
        "simulate": {"cmd": "a", "deps": ["a.py"], "outs": ["data/one"]},
        "pretrain": {"cmd": "b", "deps": ["b.py", "data/one/part"], "params": ["pretrain"], "outs": ["data/two"]},
        "complexity": {"cmd": "c", "deps": ["b.py"], "params": ["model"], "metrics": [{"c.json": {"cache": False}}]},
    }
    Path("dvc.yaml").write_text(yaml.safe_dump({"stages": stages}))
    for name in ("a.py", "b.py"):
        Path(name).write_text("A = 1\n")
    git("init", "-q", "-b", "main")
    git("config", "user.name", "test")
    git("config", "user.email", "test@example.invalid")
    git("add", "-A")
    before = stages_of(git("write-tree").strip(), smallest)
    Path("a.py").write_text("A = 2\n")
    git("add", "-A")
    after = stages_of(git("write-tree").strip(), smallest)
    assert _stages_that_differ(before.keys, after.keys) == {"simulate", "pretrain"}
    assert before.reached_by("pretrain") == ["pretrain", "simulate"]
    assert before.parameters("pretrain") == ["pretrain"]
