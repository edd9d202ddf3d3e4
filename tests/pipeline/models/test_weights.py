"""Weights on disk: what is written is what is loaded, and nothing else passes."""

import json
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from pipeline.models.description import Description, Target
from pipeline.models.weights import (
    WeightsError,
    load_backbone,
    load_network,
    read_description,
    read_weights,
    save_weights,
)
from pipeline.nets.build import build
from pipeline.nets.heads import Recognition, Regression
from tests.pipeline.training.material import FOOTAGE, MODEL

REGRESSION = Description(MODEL, Regression(), 8, Target(15.0, 9.0), {"source": "train"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the weights of a regression network of seed 4."""
    save_weights(tmp_path, build(MODEL, Regression(), seed=4).state_dict(), REGRESSION)
    return tmp_path


def _rewrite(folder: Path, **changes: torch.Tensor | None) -> None:
    weights = load_file(folder / "weights.safetensors")
    for name, tensor in changes.items():
        weights.pop(name, None)
        if tensor is not None:
            weights[name] = tensor
    save_file(weights, folder / "weights.safetensors")


def test_a_network_comes_back_as_it_was_saved(folder: Path) -> None:
    network, description = load_network(folder)
    assert description == REGRESSION
    assert not network.training
    x = torch.randn(2, 3, 8, 32, 32)
    assert torch.equal(network(x), build(MODEL, Regression(), seed=4).eval()(x))
    assert sorted(path.name for path in folder.iterdir()) == ["description.json", "weights.safetensors"]


def test_equal_weights_give_equal_bytes(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    again = tmp_path_factory.mktemp("again")
    save_weights(again, build(MODEL, Regression(), seed=4).state_dict(), REGRESSION)
    for name in ("weights.safetensors", "description.json"):
        assert (folder / name).read_bytes() == (again / name).read_bytes()


@pytest.mark.parametrize(
    "description",
    [
        REGRESSION,
        Description(MODEL, Recognition(12), 16, history={"versions": {"torch": "2"}}),
        Description(MODEL, None),
        Description(MODEL, Regression(), 8, Target(15.0, 9.0), footage=FOOTAGE),
    ],
)
def test_a_description_comes_back(tmp_path: Path, description: Description) -> None:
    save_weights(tmp_path, {"a": torch.zeros(1)}, description)
    assert read_description(tmp_path) == description


def test_missing_unexpected_and_misshapen_keys_are_named(folder: Path) -> None:
    changes = {"head.last.bias": None, "head.extra": torch.zeros(1), "head.last.weight": torch.zeros(2, 512)}
    _rewrite(folder, **changes)
    with pytest.raises(WeightsError) as error:
        load_network(folder)
    assert str(error.value).splitlines() == [
        f"{folder}/weights.safetensors (nothing beside it says what wrote it): not the weights of this network:",
        "  missing: head.last.bias",
        "  unexpected: head.extra",
        "  shape of head.last.weight: (2, 512); allowed: (1, 512)",
    ]


def test_many_problems_are_counted(folder: Path) -> None:
    (folder / "description.json").write_text(
        (folder / "description.json").read_text().replace('"depth": 27', '"depth": 99')
    )
    with pytest.raises(WeightsError, match=r"and \d+ more"):
        load_network(folder)


def test_an_error_says_which_versions_wrote_the_weights(folder: Path) -> None:
    _rewrite(folder, **{"backbone.more": torch.zeros(1)})
    with pytest.raises(WeightsError, match="nothing beside it says what wrote it"):
        load_network(folder)
    found = json.loads((folder / "description.json").read_text())
    found["versions"] = {"msn-depression": "0.0.9", "torch": "2.1"}
    (folder / "description.json").write_text(json.dumps(found))
    with pytest.raises(WeightsError, match=r"\(written by msn-depression 0\.0\.9, torch 2\.1\): not the weights"):
        load_network(folder)


def test_a_backbone_loads_under_a_fresh_head(folder: Path) -> None:
    network = build(MODEL, Recognition(5), seed=9)
    head = network.head.last.weight.clone()  # type: ignore[operator, union-attr]
    load_backbone(network, folder / "weights.safetensors")
    expected = build(MODEL, Regression(), seed=4).backbone.state_dict()
    loaded = network.backbone.state_dict()
    assert all(torch.equal(loaded[name], expected[name]) for name in expected)
    assert torch.equal(network.head.last.weight, head)  # type: ignore[arg-type, union-attr]


def test_a_backbone_needs_exactly_its_keys(folder: Path) -> None:
    _rewrite(folder, **{"backbone.stem.0.norm.weight": None, "backbone.more": torch.zeros(1), "other": torch.zeros(1)})
    with pytest.raises(WeightsError) as error:
        load_backbone(build(MODEL, Regression()), folder / "weights.safetensors")
    assert [line.strip() for line in str(error.value).splitlines()[1:]] == [
        "missing: backbone.stem.0.norm.weight",
        "unexpected: backbone.more",
        "unexpected: other",
    ]


class _Bomb:
    def __reduce__(self) -> tuple[type[SystemExit], tuple[()]]:
        return SystemExit, ()


@pytest.mark.parametrize("name", ["weights.safetensors", "model.pt"])
def test_pickles_are_refused_and_never_opened(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(pickle.dumps(_Bomb()))
    with pytest.raises(WeightsError, match="not a safetensors file"):
        read_weights(tmp_path / name)


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"description\.json: no such file"):
        load_network(tmp_path)
    with pytest.raises(WeightsError, match=r"weights\.safetensors: no such file"):
        read_weights(tmp_path / "weights.safetensors")


@pytest.mark.parametrize("text", ["[]", "{", '{"source": "none"}'])
def test_a_file_that_describes_nothing_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "description.json").write_text(text)
    with pytest.raises(WeightsError, match="describes no weights"):
        read_description(tmp_path)


def test_an_impossible_architecture_is_refused(folder: Path) -> None:
    found = json.loads((folder / "description.json").read_text())
    found["model"]["depth"] = 28
    found["versions"] = {"msn-depression": "9.9"}
    (folder / "description.json").write_text(json.dumps(found))
    with pytest.raises(WeightsError, match=r"\(written by msn-depression 9\.9\): describes no weights of this version"):
        load_network(folder)


def test_a_backbone_alone_answers_nothing(tmp_path: Path) -> None:
    save_weights(tmp_path, {"a": torch.zeros(1)}, Description(MODEL, None))
    with pytest.raises(WeightsError, match="without a head"):
        load_network(tmp_path)


def test_a_target_belongs_to_regression() -> None:
    with pytest.raises(ValueError, match="regression head"):
        Description(MODEL, Regression(), 8, None)
    with pytest.raises(ValueError, match="regression head"):
        Description(MODEL, Recognition(2), 8, Target(0.0, 1.0))
    with pytest.raises(ValueError, match=r"deviation of 0\.0; allowed: above 0"):
        Target(0.0, 0.0)
