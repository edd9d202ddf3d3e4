"""The stage pretrain, run for real at the smallest scale."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from pipeline.models.files import WeightsError
from pipeline.models.weights import load_network, read_weights
from pipeline.params.check import check_params
from pipeline.runtime.damage import DamagedError
from stages.pretrain import main
from tests.pipeline.training.material import overwrite_a_byte, write_checksums_of, write_identities


@pytest.fixture
def identities(tmp_path: Path) -> Path:
    return write_identities(tmp_path / "identities", [6, 5, 7])


def _run(smallest: dict[str, Any], identities: Path, output: Path, **pretrain: Any) -> None:
    values = {**smallest, "pretrain": {**smallest["pretrain"], **pretrain}}
    main(check_params(values), identities, output / "pretrained", output / "curves")


def _files(folder: Path) -> dict[str, bytes]:
    """Return the content of the outputs by path, without that of their checksums."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("[!.]*") if path.is_file()}


def test_the_outputs_are_loadable_weights_and_learning_curves(
    smallest: dict[str, Any], identities: Path, tmp_path: Path
) -> None:
    _run(smallest, identities, tmp_path / "out")
    assert set(_files(tmp_path / "out")) == {
        "pretrained/weights.safetensors",
        "pretrained/description.json",
        "curves/metrics.json",
        "curves/plots/metrics/train/loss.tsv",
        "curves/plots/metrics/train/learning_rate.tsv",
        "curves/plots/metrics/held_out/loss.tsv",
        "curves/plots/metrics/held_out/top1.tsv",
        "curves/plots/metrics/held_out/top5.tsv",
    }
    network, description = load_network(tmp_path / "out/pretrained")
    assert network.head.last.out_features == 3  # type: ignore[union-attr]
    assert description.clip == 8
    assert description.history["trained"]["epochs"] == 1


def test_the_same_inputs_give_the_same_bytes_in_an_empty_store(
    smallest: dict[str, Any], identities: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _run(smallest, identities, tmp_path / "first")
    monkeypatch.setenv("MSN_WORK", str(tmp_path / "other store"))
    _run(smallest, identities, tmp_path / "second")
    assert _files(tmp_path / "first") == _files(tmp_path / "second")


@pytest.mark.parametrize("name", ["00000/faces/c/0/0/0/0", "index/label/c/0", "classes.txt"])
def test_damaged_identities_are_not_trained_on(
    smallest: dict[str, Any], identities: Path, tmp_path: Path, name: str
) -> None:
    write_checksums_of(identities)
    overwrite_a_byte(identities / name)
    with pytest.raises(DamagedError, match=f"{identities / name}: damaged: other content than when it was made"):
        _run(smallest, identities, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_identical_pretraining_is_reused(
    smallest: dict[str, Any], identities: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _run(smallest, identities, tmp_path / "first")
    monkeypatch.setattr("stages.pretrain.Pretraining.loss", lambda *_: pytest.fail("a step was computed"))
    copy = shutil.copytree(identities, tmp_path / "copy")
    _run(smallest, copy, tmp_path / "second")
    assert _files(tmp_path / "first") == _files(tmp_path / "second")


@pytest.mark.parametrize("change", [{"seed": 7}, {"learning_rate": 0.02}, {"held_out": 0.5}, {"epochs": 2}])
def test_different_settings_give_different_weights(
    smallest: dict[str, Any], identities: Path, tmp_path: Path, change: dict[str, Any]
) -> None:
    _run(smallest, identities, tmp_path / "first")
    _run(smallest, identities, tmp_path / "second", **change)
    weights = "pretrained/weights.safetensors"
    assert (tmp_path / "first" / weights).read_bytes() != (tmp_path / "second" / weights).read_bytes()


def test_different_images_give_different_weights(smallest: dict[str, Any], identities: Path, tmp_path: Path) -> None:
    _run(smallest, identities, tmp_path / "first")
    _run(smallest, write_identities(tmp_path / "more identities", [6, 5, 8]), tmp_path / "second")
    weights = "pretrained/weights.safetensors"
    assert (tmp_path / "first" / weights).read_bytes() != (tmp_path / "second" / weights).read_bytes()


def test_source_none_writes_only_a_description_and_an_empty_summary(smallest: dict[str, Any], tmp_path: Path) -> None:
    _run(smallest, tmp_path / "no identities", tmp_path / "out", source="none")
    assert _files(tmp_path / "out") == {
        "pretrained/description.json": b'{"source": "none"}\n',
        "curves/metrics.json": b"{}\n",  # DVC expects the file
    }


def test_source_path_adopts_weights_made_elsewhere(smallest: dict[str, Any], identities: Path, tmp_path: Path) -> None:
    _run(smallest, identities, tmp_path / "elsewhere")
    source = tmp_path / "elsewhere/pretrained/weights.safetensors"
    _run(smallest, tmp_path / "no identities", tmp_path / "out", source=str(source))
    adopted, original = (read_weights(file) for file in (tmp_path / "out/pretrained/weights.safetensors", source))
    assert set(adopted) == {name for name in original if name.startswith("backbone.")}
    assert json.loads((tmp_path / "out/pretrained/description.json").read_text())["source"] == "path"


def test_a_rejected_source_leaves_the_outputs_unchanged(
    smallest: dict[str, Any], identities: Path, tmp_path: Path
) -> None:
    _run(smallest, identities, tmp_path / "out")
    before = _files(tmp_path / "out")
    with pytest.raises(WeightsError, match="allowed: train, none, or a path that exists"):
        _run(smallest, identities, tmp_path / "out", source="nowhere")
    assert _files(tmp_path / "out") == before
