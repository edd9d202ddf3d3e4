"""Damage to a file that outputs, items and DVC's cache share: a stage names it, and the run after mends it."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.training.material import overwrite_a_byte


def _cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


DAMAGES: dict[str, Callable[[Path], None]] = {"cut": _cut, "a byte overwritten": overwrite_a_byte}
CASES: dict[str, tuple[str, dict[str, Any]]] = {  # the file, and a change by which a stage reads it
    "labels": ("data/corpus/labels_fitting.csv", {"finetune__seed": 7}),
    "recordings": ("data/corpus/recordings.csv", {"decode__fps": 5}),
    "frame table": ("data/decoded/*/frames.csv", {"align__survey_step": 0.4}),
    "aligned faces": ("data/aligned/*/faces/c/0/0/0/0", {"subsample__phases": 1}),
    "metadata of aligned faces": ("data/aligned/*/faces/zarr.json", {"subsample__phases": 1}),
    "sequence": ("data/sequences/*/faces/c/0/0/0/0", {"finetune__seed": 7}),
    "identities": ("data/identities/00000/faces/c/0/0/0/0", {"pretrain__seed": 7}),
    "pretrained weights": ("models/pretrained/weights.safetensors", {"finetune__seed": 7}),
    "description of the model": ("models/finetuned/description.json", {"evaluate__seed": 7}),
    "predictions": ("results/predictions.csv", {"explain__stage": "conv4"}),
}


@pytest.fixture
def shared(built: Any, tmp_path: Path) -> Any:
    """A copy of the built project that keeps its hard links, and that DVC has hashed."""
    subprocess.run(["cp", "-a", str(built.folder), str(tmp_path / "project")], check=True)
    project = type(built)(tmp_path / "project", dict(built.environment))
    assert project.status() == {}
    return project


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize(
    "case", [name if name == "labels" else pytest.param(name, marks=pytest.mark.long) for name in CASES]
)
def test_damage_is_named_and_mended(shared: Any, case: str, damage: str) -> None:
    pattern, change = CASES[case]
    path = sorted(shared.folder.glob(pattern))[0]
    content, links = path.read_bytes(), path.stat().st_nlink
    assert links > 1
    DAMAGES[damage](path)
    shared.change(**change)
    output = shared.run("dvc", "repro", succeeds=False)
    assert f"{path.relative_to(shared.folder)}: damaged" in output, output
    shared.reproduce()
    assert path.read_bytes() == content
    assert shared.status() == {}


@pytest.mark.long
def test_a_damaged_item_is_made_again_and_verification_finds_it(shared: Any) -> None:
    (shard, *_) = sorted((shared.folder / ".work/align/items").glob("*/faces/c/0/0/0/0"))
    content = shard.read_bytes()
    overwrite_a_byte(shard)
    output = shared.run("msn", "work", "verify", succeeds=False)
    assert f"{shard.parents[5]}: faces/c/0/0/0/0 has other content than when it was finished; dropped" in output
    assert not shard.exists()
    assert shared.reproduce()[0] == "align"
    assert shard.read_bytes() == content
    assert "0 damaged" in shared.run("msn", "work", "verify")
    assert shared.status() == {}
