"""README: its size, and its commands, which run in order in a checkout at the smallest scale."""

import csv
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.documentation.pages import ROOT, code_blocks
from tests.scenarios.conftest import Project

TESTS = "make test       # run the test suite\n"  # .ci/run does


def test_size() -> None:
    assert (ROOT / "README.md").stat().st_size <= 6000


def test_the_continuous_integration_runs_the_tests() -> None:
    assert TESTS in code_blocks(ROOT / "README.md")[0].text
    assert "make test" in (ROOT / ".ci/run").read_text("utf-8").splitlines()


@pytest.fixture
def checkout(fresh_project: Project, built: Any) -> Project:
    """A clone on a machine where everything is installed; its committed dvc.lock was made elsewhere."""
    folder = fresh_project.folder
    for file in ("Makefile", "requirements.lock", "pyproject.toml", ".venv/.installed"):  # in this order: installed
        (folder / file).parent.mkdir(exist_ok=True)
        shutil.copyfile(ROOT / file, folder / file) if (ROOT / file).is_file() else (folder / file).touch()
        (folder / file).touch()
    for name in ("bin", "lib", "pyvenv.cfg"):
        (folder / ".venv" / name).symlink_to(Path(sys.prefix) / name)
    for file in ("metrics.json", "detection.json", "complexity.json"):
        (folder / file).write_text("{}\n")
    lock = yaml.safe_load((built.folder / "dvc.lock").read_text())
    lock["stages"]["simulate"]["outs"][0]["md5"] = f"{0:032x}.dir"
    (folder / "dvc.lock").write_text(yaml.safe_dump(lock))
    fresh_project.run("git", "add", "-A")
    fresh_project.run("git", "commit", "-qm", "another machine")
    return fresh_project


def _make_own_material(data: Path, simulated: Path) -> None:
    """Make the folders of README's example from simulated videos and images."""
    videos = sorted(simulated.glob("avec2014/**/*.mp4"))[:12]
    (data / "mine").mkdir(parents=True)
    partitions = ["training", "training", "development", "test"] * 3
    rows = zip(range(12), videos, [f"s{n}" for n in range(12)], partitions, range(0, 60, 5), strict=True)
    with (data / "mine/videos.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([["video_id", "path", "subject", "partition", "score"], *rows])
    shutil.copytree(simulated / "vggface2/train", data / "faces")


@pytest.mark.long
def test_every_command(checkout: Project, built: Any, tmp_path: Path) -> None:
    _make_own_material(tmp_path / "data", built.folder / "data/simulated")
    shutil.copy(next((built.folder / "data/simulated").glob("avec2014/**/*.mp4")), checkout.folder / "talk.mp4")
    checkout.environment["PYTHONPATH"] = str(checkout.folder)
    first, variation, own = (block.text for block in code_blocks(ROOT / "README.md") if block.language == "bash")
    checkout.run("bash", "-euxc", first.replace(TESTS, ""))
    output = checkout.run("bash", "-euxc", variation)
    assert "Running stage 'pretrain'" in output
    assert "Running stage 'align'" not in output
    assert checkout.status() == {}
    assert checkout.run("git", "status", "--porcelain", "--untracked-files=no") == ""
    output = checkout.run("bash", "-euxc", own.replace("/data/", f"{tmp_path}/data/"))
    assert "Running stage 'pretrain'" in output
    assert "talk.mp4" in output
