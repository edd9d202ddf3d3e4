"""The number of evaluations on a test set, and the files in dvc.lock."""

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


def test_count_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_project(tmp_path / "project", monkeypatch)  # one commit without metrics
    _commit(_lock("labels", "results 1", "model 1"))
    _commit(_lock("labels", "results 1", "model 1"))  # equal results
    _commit(_lock("labels", "results 2", "model 1"))  # other results of the same model
    _commit(_lock("other labels", "results 3", "model 2"))
    git("checkout", "-qb", "temporary")
    _commit(_lock("labels", "results 4", "model 3"))
    git("update-ref", "refs/exps/ab/cdef/named", "HEAD")
    git("checkout", "-q", "main")
    git("branch", "-qD", "temporary")  # an experiment, but on no branch
    _commit(_lock("labels", "results 5", "model 4"))
    git("update-ref", "refs/exps/celery/stash", "HEAD")
    git("reset", "-q", "--hard", "HEAD~1")  # a task in the queue is no evaluation
    assert count_test_set_access(_lock("labels", "results 2", "model 1")) == AccessCount("labels", 3, 2, 5, 1)
    # the reported experiment counts as well
    assert count_test_set_access(_lock("labels", "results 6", "model 5")).evaluations == 4
    Path("dvc.lock").write_text(_lock("labels", "results 7", "model 6"))  # and so does the workspace
    assert count_test_set_access(_lock("labels", "results 2", "model 1")).evaluations == 4
    assert count_test_set_access(None).labels is None


def test_locked_files_are_outputs_and_inputs_without_code() -> None:
    stages = {
        "ingest": {
            "deps": [{"path": "/data/AVEC", "md5": "a"}, {"path": "pipeline/runtime", "md5": "b"}],
            "outs": [{"path": "data/corpus", "md5": "c"}],
        },
        "fit": {"deps": [{"path": "data/corpus/labels.csv", "md5": "d"}], "outs": [{"path": "model", "md5": "e"}]},
    }
    files = list(locked_files(yaml.safe_dump({"stages": stages}, sort_keys=False)))
    assert files == [("read by ingest", "/data/AVEC", "a"), ("ingest", "data/corpus", "c"), ("fit", "model", "e")]
