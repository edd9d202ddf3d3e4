"""Names of experiments and revisions, as commits."""

from pathlib import Path

import pytest
from dvc.repo import Repo
from dvc.scm import resolve_rev

from pipeline.experiments.repository import find_experiment
from tests.pipeline.experiments.material import git, make_project


def test_head_is_gits_after_an_experiment_was_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A killed `dvc exp run` leaves a reference to the commit from which it began, which DVC takes for HEAD."""
    make_project(tmp_path / "project", monkeypatch)
    began = git("rev-parse", "HEAD").strip()
    git("update-ref", "refs/exps/exec/EXEC_BASELINE", began)
    git("commit", "-q", "--allow-empty", "-m", "later")
    with Repo() as repo:
        assert resolve_rev(repo.scm, "HEAD") == began  # DVC itself
    assert find_experiment("HEAD").revision == git("rev-parse", "HEAD").strip() != began
    assert find_experiment("HEAD~1").revision == find_experiment(began[:12]).revision == began
    with pytest.raises(ValueError, match="unheard-of: neither an experiment nor a revision of Git"):
        find_experiment("unheard-of")
