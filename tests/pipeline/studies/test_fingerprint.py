"""The fingerprint of a run covers the code of its own estimator, and of no other."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.studies.fingerprint import code_of


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "pipeline/estimators"
    folder.mkdir(parents=True)
    for name in ("clip_network", "lpq_svr"):
        (folder / f"{name}.py").write_text("A = 1\n")
    stages = {"fit": {"cmd": "fit", "deps": ["pipeline/estimators/${estimator.name}.py", "${corpus.root}"]}}
    (tmp_path / "dvc.yaml").write_text(yaml.safe_dump({"stages": stages}))
    for command in (["init", "-q"], ["config", "user.name", "t"], ["config", "user.email", "t@example.invalid"]):
        subprocess.run(["git", *command], check=True)
    _commit()
    return tmp_path


def _commit() -> None:
    subprocess.run(["git", "add", "-A"], check=True)
    subprocess.run(["git", "commit", "-qm", "code"], check=True)


def _params(name: str) -> dict[str, Any]:
    return {"estimator": {"name": name}, "corpus": {"root": "/data"}}


def test_the_chosen_estimator_and_no_other_is_part_of_the_code(repository: Path) -> None:
    before = {name: code_of("HEAD", _params(name)) for name in ("clip_network", "lpq_svr")}
    assert before["clip_network"] != before["lpq_svr"]
    (repository / "pipeline/estimators/lpq_svr.py").write_text("A = 2\n")
    _commit()
    assert code_of("HEAD", _params("clip_network")) == before["clip_network"]
    assert code_of("HEAD", _params("lpq_svr")) != before["lpq_svr"]


def test_a_path_that_names_no_parameter_is_an_error(repository: Path) -> None:
    with pytest.raises(KeyError):
        code_of("HEAD", {"corpus": {"root": "/data"}})
