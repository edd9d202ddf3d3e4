"""The weights that fine-tuning starts from: adopted from a file, pretrained, or none."""

import hashlib
import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from pipeline.models.description import Description
from pipeline.models.files import WeightsError
from pipeline.models.weights import load_backbone, read_description, save_weights
from pipeline.nets.build import build
from pipeline.nets.heads import Recognition
from pipeline.training.initial_weights import adopt_weights, find_initial_weights, write_no_weights
from tests.pipeline.training.material import MODEL


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A model folder with the weights of a recognition network of seed 3."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    save_weights(folder, build(MODEL, Recognition(6), seed=3).state_dict(), Description(MODEL, Recognition(6), 16))
    return folder


@pytest.fixture
def output(tmp_path: Path) -> Path:
    folder = tmp_path / "output"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("as_file", [True, False])
def test_a_backbone_is_adopted_with_the_hash_of_its_file(elsewhere: Path, output: Path, as_file: bool) -> None:
    file = elsewhere / "weights.safetensors"
    adopt_weights(file if as_file else elsewhere, MODEL, output)
    stored, source = load_file(output / "weights.safetensors"), load_file(file)
    assert {name for name in source if name.startswith("backbone.")} == set(stored)
    assert all(torch.equal(stored[name], source[name]) for name in stored)
    description = read_description(output)
    assert description.head is None
    assert description.history == {
        "source": "path",
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
    }
    assert find_initial_weights(output, MODEL) == output
    load_backbone(build(MODEL, Recognition(2)), output / "weights.safetensors")


def test_a_file_without_a_head_is_accepted(elsewhere: Path, output: Path, tmp_path: Path) -> None:
    weights = load_file(elsewhere / "weights.safetensors")
    save_file({name: weights[name] for name in weights if name.startswith("backbone.")}, tmp_path / "b.safetensors")
    adopt_weights(tmp_path / "b.safetensors", MODEL, output)
    assert (output / "description.json").is_file()


def test_weights_of_another_architecture_are_rejected_with_the_missing_keys(elsewhere: Path, output: Path) -> None:
    deeper = MODEL.model_copy(update={"depth": 36})
    with pytest.raises(WeightsError, match=r"missing: backbone\.stages\.0\.2\."):
        adopt_weights(elsewhere / "weights.safetensors", deeper, output)
    assert list(output.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"depth": 36}, r"depth 27 \(model\.depth is 36\)"),
        ({"scale": 1.0}, r"scale 0\.0078125 \(model\.scale is 1\.0\)"),
        ({"mean": (0.0, 0.0, 0.0)}, r"model\.mean is"),
    ],
)
def test_weights_of_another_model_are_rejected_by_their_description(
    elsewhere: Path, output: Path, change: dict[str, object], message: str
) -> None:
    different_model = MODEL.model_copy(update=change)
    with pytest.raises(WeightsError, match=message):
        adopt_weights(elsewhere, different_model, output)
    with pytest.raises(WeightsError, match=message):
        find_initial_weights(elsewhere, different_model)


def test_settings_that_do_not_affect_the_backbones_shape_may_differ(elsewhere: Path) -> None:
    model = MODEL.model_copy(update={"dropout": 0.1, "batch_norm_momentum": 0.5})
    assert find_initial_weights(elsewhere, model) == elsewhere


def test_a_missing_path_is_rejected(output: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"pretrain\.source is '.*nowhere'; allowed: train, none, or a path"):
        adopt_weights(tmp_path / "nowhere", MODEL, output)


def test_a_description_can_say_that_there_are_no_weights(output: Path) -> None:
    write_no_weights(output)
    assert json.loads((output / "description.json").read_text()) == {"source": "none"}
    assert find_initial_weights(output, MODEL) is None


def test_an_empty_folder_does_not_mean_no_weights(output: Path) -> None:
    with pytest.raises(WeightsError, match=r"description\.json: no such file; the stage pretrain writes it"):
        find_initial_weights(output, MODEL)
