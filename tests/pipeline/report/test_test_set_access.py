"""How often a test set was looked at, and what dvc.lock tells of data."""

from pathlib import Path

import pytest
import yaml

from pipeline.report.test_set_access import AccessCount, count_test_set_access, locked_files
from tests.pipeline.experiments.material import git, make_project


def _lock(labels: str, results: str, model: str) -> str:
    stage = {
        "deps": [{"path": "data/corpus/labels_testing.csv", "md5": labels}, {"path": "models/finetuned", "md5": model}],
        "outs": [{"path": "results", "md5": results}],
    }
    return yaml.safe_dump({"stages": {"evaluate": stage}})


def _commit(lock: str) -> None:
    Path("dvc.lock").write_text(lock)
    Path("metrics.json").write_text("{}")
    git("add", "-f", "dvc.lock", "metrics.json")
    git("commit", "-qm", "run", "--allow-empty")


def test_looks_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_project(tmp_path / "project", monkeypatch)  # one commit without any metrics
    _commit(_lock("labels", "results 1", "model 1"))
    _commit(_lock("labels", "results 1", "model 1"))  # the same again
    _commit(_lock("labels", "results 2", "model 1"))  # the same model, evaluated otherwise
    _commit(_lock("other labels", "results 3", "model 2"))
    git("checkout", "-qb", "aside")
    _commit(_lock("labels", "results 4", "model 3"))
    git("update-ref", "refs/exps/ab/cdef/named", "HEAD")
    git("checkout", "-q", "main")
    git("branch", "-qD", "aside")  # now an experiment, and on no branch
    _commit(_lock("labels", "results 5", "model 4"))
    git("update-ref", "refs/exps/celery/stash", "HEAD")
    git("reset", "-q", "--hard", "HEAD~1")  # a task in the queue has looked at nothing
    assert count_test_set_access(_lock("labels", "results 2", "model 1")) == AccessCount("labels", 3, 2, 5, 1)
    assert (
        count_test_set_access(_lock("labels", "results 6", "model 5")).evaluations == 4
    )  # the one that is asked about is one
    Path("dvc.lock").write_text(_lock("labels", "results 7", "model 6"))  # and so is the workspace's
    assert count_test_set_access(_lock("labels", "results 2", "model 1")).evaluations == 4
    assert count_test_set_access(None).labels is None


def test_data_are_outputs_and_what_no_stage_wrote() -> None:
    stages = {
        "ingest": {
            "deps": [{"path": "/data/AVEC", "md5": "a"}, {"path": "pipeline/work", "md5": "b"}],
            "outs": [{"path": "data/corpus", "md5": "c"}],
        },
        "fit": {"deps": [{"path": "data/corpus/labels.csv", "md5": "d"}], "outs": [{"path": "model", "md5": "e"}]},
    }
    found = list(locked_files(yaml.safe_dump({"stages": stages}, sort_keys=False)))
    assert found == [("read by ingest", "/data/AVEC", "a"), ("ingest", "data/corpus", "c"), ("fit", "model", "e")]
