"""Descriptions of weights on disk, and names of networks."""

import json
from pathlib import Path

import pytest
import torch

from pipeline.models.description import Description, Target, network_name
from pipeline.models.files import WeightsError
from pipeline.models.weights import load_network, read_description, save_weights
from pipeline.nets.heads import Expectation, Recognition, Regression
from tests.pipeline.training.material import MODEL

REGRESSION = Description(MODEL, Regression(), 8, Target(15.0, 9.0), {"source": "train"})


@pytest.mark.parametrize(
    "description",
    [
        REGRESSION,
        Description(MODEL, Recognition(12), 16, history={"versions": {"torch": "2"}}),
        Description(MODEL, None),
        Description(MODEL, Expectation(64), 1, history={"best": {"epoch": 2}}),
    ],
)
def test_description_round_trip(tmp_path: Path, description: Description) -> None:
    save_weights(tmp_path, {"a": torch.zeros(1)}, description)
    assert read_description(tmp_path) == description


@pytest.mark.parametrize("text", ["[]", "{", '{"source": "none"}'])
def test_invalid_descriptions_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "description.json").write_text(text)
    with pytest.raises(WeightsError, match="not a valid description"):
        read_description(tmp_path)


def test_unknown_architecture_is_refused(tmp_path: Path) -> None:
    save_weights(tmp_path, {"a": torch.zeros(1)}, REGRESSION)
    values = json.loads((tmp_path / "description.json").read_text())
    values["model"]["depth"] = 28
    values["versions"] = {"msn-depression": "9.9"}
    (tmp_path / "description.json").write_text(json.dumps(values))
    with pytest.raises(
        WeightsError, match=r"\(written by msn-depression 9\.9\): not a valid description for this version"
    ):
        load_network(tmp_path)


def test_regression_alone_has_a_target() -> None:
    with pytest.raises(ValueError, match="regression head"):
        Description(MODEL, Regression(), 8, None)
    with pytest.raises(ValueError, match="regression head"):
        Description(MODEL, Recognition(2), 8, Target(0.0, 1.0))
    with pytest.raises(ValueError, match="regression head"):
        Description(MODEL, Expectation(64), 1, Target(0.0, 1.0))
    with pytest.raises(ValueError, match=r"deviation of 0\.0; allowed: above 0"):
        Target(0.0, 0.0)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"name": "msn", "depth": 69, "kernels": (3, 5, 7), "width": 1.0}, "MSN-69 (3, 5, 7)"),
        ({"name": "msn", "depth": 27, "kernels": (3,), "width": 0.0625}, "MSN-27 (3) x 0.0625"),
        ({"name": "c3d", "width": 1.0}, "C3D"),
        ({"name": "i3d", "width": 0.5}, "I3D x 0.5"),
        ({"name": "resnet50", "width": 1.0}, "ResNet-50"),
        ({"name": "resnet50", "width": 0.125}, "ResNet-50 x 0.125"),
    ],
)
def test_network_name(settings: dict[str, object], expected: str) -> None:
    assert network_name(MODEL.model_copy(update=settings)) == expected
