"""Studies run through DVC's queue, in a repository with one fast stage."""

import csv
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from pipeline.cli import app
from pipeline.commands import study
from pipeline.studies import run
from pipeline.studies.definition import Study, points
from tests.pipeline.experiments.material import ROOT, change, git, make_project, study_file

GRID = {"grids": [{"values": {"model.depth": [27, 36, 99]}}], "x": "model.depth"}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(run, "PAUSE", 0.5)
    monkeypatch.setattr(run, "PATIENCE", 120)
    folder = make_project(tmp_path / "project", monkeypatch)
    study_file(folder / "mine.yaml", **GRID)
    return folder


def _study(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["study", *arguments])


def _table() -> list[dict[str, str]]:
    with Path("studies/mine/table.csv").open() as stream:
        return list(csv.DictReader(stream))


def test_a_study_runs_once_and_failures_are_named(project: Path) -> None:
    result = _study("mine.yaml", "--dry-run")
    assert result.exit_code == 0, result.output
    assert result.output.splitlines()[-1].startswith("3 experiments, 3 to queue")
    before = git("status", "--porcelain")
    result = _study("mine.yaml", "-j", "2", "-S", "finetune.validation=subjects")
    assert result.exit_code == 1, result.output
    name = next(line.split()[1].rstrip(";") for line in result.output.splitlines() if line.startswith("failed: "))
    assert name.startswith("mine-depth-99-")
    assert f"why: dvc queue logs {name}; again: --retry" in result.output
    assert (
        "depth 99 does not fit" in subprocess.run(["dvc", "queue", "logs", name], capture_output=True, text=True).stdout
    )
    assert git("status", "--porcelain") == before

    rows = _table()
    assert [row["row"] for row in rows] == ["model.depth 27", "model.depth 36", "model.depth 99"]
    assert [row["rmse"] for row in rows] == ["1.3600", "1.8100", ""]  # depth / 20 + seed / 100
    assert [row["rmse_low"] for row in rows] == ["0.3600", "0.8100", ""]
    assert [row["validation_rmse"] for row in rows] == ["18.6400", "18.1900", ""]  # deliberately in the opposite order
    assert [row["rank"] for row in rows] == ["2", "1", ""]
    assert [row["parameters"] for row in rows] == ["27000000", "36000000", ""]
    text = Path("studies/mine/table.md").read_text()
    assert "| 36 | 1 | 18.19 | 1.81 (0.81 to 2.81) | 1.81 (0.81 to 2.81) |" in text
    assert "Ranked by validation RMSE, never by the test partition." in text
    assert f"Failed: {name}." in text
    assert Path("studies/mine/figure.png").read_bytes().startswith(b"\x89PNG")

    result = _study("mine.yaml", "--dry-run", "-S", "finetune.validation=subjects")
    states = [line.split()[0] for line in result.output.splitlines() if "(model" in line]
    assert states == ["done", "done", "failed"]
    assert result.output.endswith("3 experiments, 0 to queue\n")  # what failed costs nothing, as it is not queued
    # failed runs are queued again only with --retry
    for options, requeued in (((), []), (("--retry",), [f"queued {name}"])):
        result = _study("mine.yaml", "--queue", *options, "-S", "finetune.validation=subjects")
        assert [line for line in result.output.splitlines() if line.startswith("queued mine")] == requeued
    assert "done     mine-depth-27" in result.output
    # A worker of the first run that has not ended yet takes it at once.
    assert any(f"{status} {name}" in result.output for status in ("queued  ", "running "))
    change(model__width=0.25)  # other parameters make other runs
    assert _study("mine.yaml", "--dry-run").output.splitlines()[-1].startswith("3 experiments, 3 to queue")
    git("checkout", "params.yaml")
    Path("stages/evaluate.py").write_text(Path("stages/evaluate.py").read_text() + "# edited\n")
    result = _study("mine.yaml", "--dry-run", "-S", "finetune.validation=subjects")  # and so does other code
    assert result.output.splitlines()[-1].startswith("3 experiments, 3 to queue")


def test_queue_option_starts_no_workers(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study, "start", lambda jobs: pytest.fail("workers were started"))
    result = _study("mine.yaml", "--queue")
    assert result.exit_code == 0, result.output
    assert [line.split()[0] for line in result.output.splitlines() if "(model" in line] == ["queued"] * 3
    assert "`dvc queue start -j 1` runs what is queued" in result.output
    again = _study("mine.yaml", "--queue")
    assert not [line for line in again.output.splitlines() if line.startswith("queued mine")]
    result = _study("mine.yaml", "--collect")
    assert result.exit_code == 0, result.output
    assert [row["rmse"] for row in _table()] == ["", "", ""]
    assert "Not ranked: fewer than two rows have validation scores" in result.output
    assert not Path("studies/mine/figure.png").exists()


def test_problems_of_queued_runs_are_reported_before_queueing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git("config", "--unset", "user.name")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.delenv("GIT_COMMITTER_NAME", raising=False)
    change(corpus__root="mine/videos", corpus__labels_root="../labels")
    Path("stages/helper.py").write_text("")
    text = (
        Path("dvc.yaml").read_text().replace("- stages/evaluate.py\n", "- stages/evaluate.py\n    - stages/helper.py\n")
    )
    Path("dvc.yaml").write_text(text)
    result = _study("mine.yaml", "--queue")
    assert result.exit_code == 1
    assert 'Git knows no user.name, without which DVC queues nothing: git config user.name "..."' in result.output
    assert "it does not know stages/helper.py: git add them" in result.output
    assert (
        "corpus.root is mine/videos: queued runs see only files that Git knows; give an absolute path" in result.output
    )
    assert "corpus.labels_root is ../labels: a path with .. leads elsewhere" in result.output
    assert "corpus.external" not in result.output  # its layout is none, so nothing reads its folders


def test_studies_are_listed(project: Path) -> None:
    (project / "studies").mkdir()
    study_file(project / "studies" / "mine.yaml", **GRID)
    assert _study().output.split() == ["mine", "Mine"]
    assert "no such study; allowed: mine, or the path" in _study("yours").output


@pytest.mark.parametrize(
    ("name", "grid", "expected"),
    [
        ("depth", {"values": {"model.name": "msn", "model.depth": [27, 36]}}, ["depth-27-abcdef", "depth-36-abcdef"]),
        ("models", {"values": {"model.name": ["c3d", "msn"]}}, ["models-name-c3d-abcdef", "models-name-msn-abcdef"]),
        ("cues", {"values": {"simulate.cue": [0.0, 1e-05]}}, ["cues-cue-0.0-abcdef", "cues-cue-1.0e-05-abcdef"]),
        ("mine", {"values": {"model.kernels": [[3], [3, 5]]}}, ["mine-kernels-3-abcdef", "mine-kernels-3-5-abcdef"]),
        ("mine", {"values": {"corpus.root": ["a..b", "b.lock"]}}, ["mine-root-a-b-abcdef", "mine-root-b.lock-abcdef"]),
        ("mine", {"values": {"corpus.root": ["../a", "b"]}}, ["mine-root-path-61b4c98b-abcdef", "mine-root-b-abcdef"]),
        ("one", {}, ["one-abcdef"]),
    ],
)
def test_experiment_names_describe_the_point_and_are_valid_in_git(
    name: str, grid: dict[str, Any], expected: list[str]
) -> None:
    base = yaml.safe_load((ROOT / "params.yaml").read_text())
    study = Study.model_validate({"name": name, "title": "Mine", "grids": [grid]})
    names = [run.experiment_name(study, point, "abcdef0123") for point in points(study, base, {})]
    assert names == expected
    for name in names:
        git("check-ref-format", f"refs/exps/{name}")
