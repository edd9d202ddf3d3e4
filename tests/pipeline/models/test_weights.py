"""Weights on disk: they are loaded as they were saved, and other files are refused."""

import json
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from pipeline.models.description import Description, Target
from pipeline.models.files import WeightsError, record_weights
from pipeline.models.weights import load_backbone, load_network, read_weights, save_weights
from pipeline.nets.build import build
from pipeline.nets.heads import Recognition, Regression
from tests.pipeline.training.material import MODEL

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
    record_weights(folder)


def test_network_round_trip(folder: Path) -> None:
    network, description = load_network(folder)
    assert description == REGRESSION
    assert not network.training
    x = torch.randn(2, 3, 8, 32, 32)
    assert torch.equal(network(x), build(MODEL, Regression(), seed=4).eval()(x))
    assert sorted(path.name for path in folder.iterdir()) == ["description.json", "weights.safetensors"]


def test_equal_weights_give_equal_bytes(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    copy = tmp_path_factory.mktemp("copy")
    save_weights(copy, build(MODEL, Regression(), seed=4).state_dict(), REGRESSION)
    for name in ("weights.safetensors", "description.json"):
        assert (folder / name).read_bytes() == (copy / name).read_bytes()


def test_missing_unexpected_and_misshapen_keys_are_named(folder: Path) -> None:
    changes = {"head.last.bias": None, "head.extra": torch.zeros(1), "head.last.weight": torch.zeros(2, 512)}
    _rewrite(folder, **changes)
    with pytest.raises(WeightsError) as error:
        load_network(folder)
    assert str(error.value).splitlines() == [
        f"{folder}/weights.safetensors (written by unknown versions): not the weights of this network:",
        "  missing: head.last.bias",
        "  unexpected: head.extra",
        "  shape of head.last.weight: (2, 512); allowed: (1, 512)",
    ]


def test_long_lists_of_problems_are_cut(folder: Path) -> None:
    (folder / "description.json").write_text(
        (folder / "description.json").read_text().replace('"depth": 27', '"depth": 99')
    )
    with pytest.raises(WeightsError, match=r"and \d+ more"):
        load_network(folder)


def test_errors_name_the_versions_that_wrote_the_weights(folder: Path) -> None:
    _rewrite(folder, **{"backbone.extra": torch.zeros(1)})
    with pytest.raises(WeightsError, match="written by unknown versions"):
        load_network(folder)
    values = json.loads((folder / "description.json").read_text())
    values["versions"] = {"msn-depression": "0.0.9", "torch": "2.1"}
    (folder / "description.json").write_text(json.dumps(values))
    with pytest.raises(WeightsError, match=r"\(written by msn-depression 0\.0\.9, torch 2\.1\): not the weights"):
        load_network(folder)


def test_backbone_loads_under_a_new_head(folder: Path) -> None:
    network = build(MODEL, Recognition(5), seed=9)
    head = network.head.last.weight.clone()  # type: ignore[operator, union-attr]
    load_backbone(network, folder / "weights.safetensors")
    expected = build(MODEL, Regression(), seed=4).backbone.state_dict()
    loaded = network.backbone.state_dict()
    assert all(torch.equal(loaded[name], expected[name]) for name in expected)
    assert torch.equal(network.head.last.weight, head)  # type: ignore[arg-type, union-attr]


def test_backbone_needs_exactly_its_keys(folder: Path) -> None:
    _rewrite(folder, **{"backbone.stem.0.norm.weight": None, "backbone.extra": torch.zeros(1), "other": torch.zeros(1)})
    with pytest.raises(WeightsError) as error:
        load_backbone(build(MODEL, Regression()), folder / "weights.safetensors")
    assert [line.strip() for line in str(error.value).splitlines()[1:]] == [
        "missing: backbone.stem.0.norm.weight",
        "unexpected: backbone.extra",
        "unexpected: other",
    ]


class _Bomb:
    def __reduce__(self) -> tuple[type[SystemExit], tuple[()]]:
        return SystemExit, ()


@pytest.mark.parametrize("name", ["weights.safetensors", "model.pt"])
def test_pickles_are_refused_without_loading_them(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(pickle.dumps(_Bomb()))
    with pytest.raises(WeightsError, match="not a safetensors file"):
        read_weights(tmp_path / name)


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"description\.json: no such file"):
        load_network(tmp_path)
    with pytest.raises(WeightsError, match=r"weights\.safetensors: no such file"):
        read_weights(tmp_path / "weights.safetensors")


def test_backbone_alone_is_refused_as_a_network(tmp_path: Path) -> None:
    save_weights(tmp_path, {"a": torch.zeros(1)}, Description(MODEL, None))
    with pytest.raises(WeightsError, match="without a head"):
        load_network(tmp_path)


def test_damaged_weights_are_rejected_wherever_they_are_read(folder: Path) -> None:
    path = folder / "weights.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert load_file(path)  # which does not notice
    network = build(MODEL, Regression(), seed=4)
    for read in (lambda: load_network(folder), lambda: load_backbone(network, path), lambda: read_weights(path)):
        with pytest.raises(
            WeightsError, match=r"weights.safetensors: damaged or replaced: its SHA-256 is [0-9a-f]{64}"
        ):
            read()


def test_weights_without_a_recorded_hash_are_read(folder: Path) -> None:
    description = json.loads((folder / "description.json").read_text())
    del description["weights_sha256"]
    (folder / "description.json").write_text(json.dumps(description))
    load_network(folder)
    (folder / "description.json").unlink()
    assert read_weights(folder / "weights.safetensors")
