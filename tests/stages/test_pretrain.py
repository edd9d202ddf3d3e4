"""The stage pretrain, for real at the smallest scale."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from pipeline.models.weights import WeightsError, load_network, read_weights
from pipeline.params_check import check_params
from stages.pretrain import main
from tests.pipeline.training.material import write_identities


@pytest.fixture
def identities(tmp_path: Path) -> Path:
    return write_identities(tmp_path / "identities", [6, 5, 7])


def _run(smallest: dict[str, Any], identities: Path, output: Path, **pretrain: Any) -> None:
    values = {**smallest, "pretrain": {**smallest["pretrain"], **pretrain}}
    main(check_params(values), identities, output / "pretrained", output / "curves")


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_it_leaves_weights_that_load_and_curves(smallest: dict[str, Any], identities: Path, tmp_path: Path) -> None:
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


def test_the_same_input_gives_the_same_bytes_from_scratch(
    smallest: dict[str, Any], identities: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _run(smallest, identities, tmp_path / "one")
    monkeypatch.setenv("MSN_WORK", str(tmp_path / "other store"))
    _run(smallest, identities, tmp_path / "other")
    assert _files(tmp_path / "one") == _files(tmp_path / "other")


def test_an_identical_pretraining_is_found(
    smallest: dict[str, Any], identities: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _run(smallest, identities, tmp_path / "one")
    monkeypatch.setattr("stages.pretrain.Pretraining.loss", lambda *_: pytest.fail("a step was computed"))
    copied = shutil.copytree(identities, tmp_path / "copied")
    _run(smallest, copied, tmp_path / "other")
    assert _files(tmp_path / "one") == _files(tmp_path / "other")


@pytest.mark.parametrize("change", [{"seed": 7}, {"learning_rate": 0.02}, {"held_out": 0.5}, {"epochs": 2}])
def test_whatever_shapes_the_weights_makes_other_weights(
    smallest: dict[str, Any], identities: Path, tmp_path: Path, change: dict[str, Any]
) -> None:
    _run(smallest, identities, tmp_path / "one")
    _run(smallest, identities, tmp_path / "other", **change)
    weights = "pretrained/weights.safetensors"
    assert (tmp_path / "one" / weights).read_bytes() != (tmp_path / "other" / weights).read_bytes()


def test_other_images_make_other_weights(smallest: dict[str, Any], identities: Path, tmp_path: Path) -> None:
    _run(smallest, identities, tmp_path / "one")
    _run(smallest, write_identities(tmp_path / "more", [6, 5, 8]), tmp_path / "other")
    weights = "pretrained/weights.safetensors"
    assert (tmp_path / "one" / weights).read_bytes() != (tmp_path / "other" / weights).read_bytes()


def test_source_none_leaves_a_description_alone(smallest: dict[str, Any], tmp_path: Path) -> None:
    _run(smallest, tmp_path / "no identities", tmp_path / "out", source="none")
    assert _files(tmp_path / "out") == {
        "pretrained/description.json": b'{"source": "none"}\n',
        "curves/metrics.json": b"{}\n",  # which DVC looks for
    }


def test_source_path_adopts_weights_made_elsewhere(smallest: dict[str, Any], identities: Path, tmp_path: Path) -> None:
    _run(smallest, identities, tmp_path / "one")
    source = tmp_path / "one/pretrained/weights.safetensors"
    _run(smallest, tmp_path / "no identities", tmp_path / "out", source=str(source))
    stored, given = (read_weights(file) for file in (tmp_path / "out/pretrained/weights.safetensors", source))
    assert set(stored) == {name for name in given if name.startswith("backbone.")}
    assert json.loads((tmp_path / "out/pretrained/description.json").read_text())["source"] == "path"


def test_a_refused_source_leaves_the_outputs_as_they_were(
    smallest: dict[str, Any], identities: Path, tmp_path: Path
) -> None:
    _run(smallest, identities, tmp_path / "out")
    before = _files(tmp_path / "out")
    with pytest.raises(WeightsError, match="allowed: train, none, or a path that exists"):
        _run(smallest, identities, tmp_path / "out", source="nowhere")
    assert _files(tmp_path / "out") == before
