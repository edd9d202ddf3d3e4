"""The first steps with videos of one's own: roots and ids of any name, and an experiment in a fresh clone."""

import csv
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from dvc.utils.hydra import apply_overrides

from pipeline.runtime.output_checksums import item_folders
from tests.scenarios.conftest import Project

ROOT = Path(__file__).parents[2]
# Names of recordings that a list of temporary files, or of tools' folders, may match.
ODD_IDS = ("a.tmp", "b.partial", "c.pyc", "__pycache__", "build", "d.dvc", "dvc.yaml", "e.item", "f$(g) [1]")


def _quoted(key: str, value: Path) -> str:
    """A parameter for `-S` as docs/how-to/experiments.md says: quoted, and a quote in it after a backslash."""
    escaped = str(value).replace('"', '\\"')
    return f'{key}="{escaped}"'


@pytest.mark.parametrize("name", ["My Videos (2023)", "$(touch pwned)", "a'b\"c; `touch pwned` #ü"])
def test_roots_of_any_name(project: Any, tmp_path: Path, name: str) -> None:
    root = tmp_path / name
    shutil.copytree(project.folder / "data/simulated", root)
    changes = {
        "corpus.root": root / "avec2014",
        "corpus.labels_root": root / "avec2014",
        "identities.root": root / "vggface2/train",
        "identities.list": root / "vggface2/train_list.txt",
    }
    options = [word for key, value in changes.items() for word in ("-S", _quoted(key, value))]
    output = project.run("dvc", "exp", "run", "ingest", "identities", *options)
    assert "Running stage 'ingest'" in output and "Running stage 'identities'" in output
    with (project.folder / "data/corpus/recordings.csv").open(newline="") as stream:
        paths = [Path(row["path"]) for row in csv.DictReader(stream)]
    assert len(paths) == 12
    assert all(path.is_relative_to(root) for path in paths)
    assert list(tmp_path.rglob("pwned")) == []
    assert project.reproduce("ingest", "identities") == []


@pytest.mark.parametrize("name", ["My Videos (2023)", "$(touch pwned)"])
def test_the_example_of_the_documentation_runs_no_command_of_a_path(tmp_path: Path, name: str) -> None:
    (example,) = re.findall(r"`-S (.*/data/My Videos \(2023\).*?)`", (ROOT / "docs/how-to/experiments.md").read_text())
    words = ["bash", "-c", f"printf %s {example.replace('/data/My Videos (2023)', name)}"]
    word = subprocess.run(words, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "params.yaml").write_text("corpus: {root: x}\n")
    apply_overrides(tmp_path / "params.yaml", [word])
    assert yaml.safe_load((tmp_path / "params.yaml").read_text()) == {"corpus": {"root": name}}


def test_recordings_of_any_id_reach_all_stages(project: Any, tmp_path: Path) -> None:
    with (project.folder / "data/corpus/recordings.csv").open(newline="") as stream:
        paths = [project.folder / row["path"] for row in csv.DictReader(stream)]
    ids = [*ODD_IDS, *(f"plain {number}" for number in range(len(paths) - len(ODD_IDS)))]
    partitions = ["test", "training"] * 6  # every second of the odd ones is fitted, the others are scored
    rows = zip(ids, paths, [f"subject {n}" for n in range(12)], partitions, range(5, 53, 4), strict=True)
    root = tmp_path / "mine"
    root.mkdir()
    with (root / "videos.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([["video_id", "path", "subject", "partition", "score"], *rows])
    project.change(corpus__layout="videos", corpus__root=str(root), corpus__labels_root=str(root))
    assert project.reproduce() == [
        "ingest", "decode", "align", "detection", "subsample", "baselines", "finetune", "evaluate", "explain",
    ]  # fmt: skip
    for name in ("decoded", "aligned", "sequences"):
        shutil.rmtree(project.folder / "data" / name)
    project.run("dvc", "checkout")  # only what DVC has seen comes back
    for name in ("decoded", "aligned", "sequences"):
        folders = item_folders(project.folder / "data" / name)
        assert {folder.name for folder in folders} == set(ids), name
        assert all(any(folder.iterdir()) for folder in folders)
    with (project.folder / "results/predictions.csv").open(newline="") as stream:
        assert {row["recording"] for row in csv.DictReader(stream)} == set(ids[::2])
    assert json.loads((project.folder / "metrics.json").read_text())["missing"] == 0


def test_bytecode_and_what_an_interrupted_stage_leaves_count_for_nothing(project: Any) -> None:
    bytecode = [f"{package}/__pycache__" for package in ("stages", "pipeline", "pipeline/faces", "pipeline/data/clips")]
    for name in (*bytecode, "data/aligned.partial", "models/finetuned.partial", "models/finetuned.item"):
        (project.folder / name).mkdir(exist_ok=True)
        (project.folder / name / "some file").write_bytes(b"nothing that counts")
    assert project.status() == {}


def test_an_experiment_of_an_early_stage_in_a_fresh_clone(built: Any, tmp_path: Path) -> None:
    """The committed dvc.lock names outputs that neither the workspace nor a cache has."""
    clone = Project(tmp_path / "clone")
    built.run("git", "clone", "-q", str(built.folder), str(clone.folder))
    clone.run("git", "config", "user.name", "test")
    clone.run("git", "config", "user.email", "test@example.invalid")
    assert "results:" not in clone.run("ls") and "path: results" in (clone.folder / "dvc.lock").read_text()
    output = clone.run("dvc", "exp", "run", "align")
    assert "Experiment results have been applied to your workspace" in output
    assert len(item_folders(clone.folder / "data/aligned")) == 12
    assert clone.run("git", "status", "--porcelain") == ""  # the same outputs, the same dvc.lock
