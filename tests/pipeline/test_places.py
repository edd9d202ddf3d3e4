"""A path that leads out of the project is shown by its hash alone, wherever a parameter is shown."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.places import hide_path
from pipeline.studies.definition import Study, points
from pipeline.studies.run import experiment_name

BASE: dict[str, Any] = yaml.safe_load((Path(__file__).parents[2] / "params.yaml").read_text())
PATHS = ("/home/ann/net", "/srv/net")


@pytest.mark.parametrize("text", ["/data/avec2014", "~/net", "~ann/net", "../ann", "data/../../ann"])
def test_a_path_out_of_the_project_is_hidden(text: str) -> None:
    assert hide_path(text) == f"path {sha256(text.encode()).hexdigest()[:8]}"


@pytest.mark.parametrize("text", ["train", "none", "data/simulated/avec2014", "models/pretrained", "a..b", ""])
def test_other_text_is_shown(text: str) -> None:
    assert hide_path(text) == text


def test_a_study_of_weights_names_no_path_and_keeps_them_apart() -> None:
    study = Study.model_validate(
        {"name": "mine", "title": "Mine", "grids": [{"values": {"pretrain.source": ["none", *PATHS]}}]}
    )
    grid_points = points(study, BASE, {})
    assert [point.params["pretrain"]["source"] for point in grid_points] == ["none", *PATHS]
    rows = [point.row for point in grid_points]
    names = [experiment_name(study, point, "0123456789") for point in grid_points]
    hashes = [sha256(path.encode()).hexdigest()[:8] for path in PATHS]
    assert rows == ["pretrain.source none", *(f"pretrain.source path {digits}" for digits in hashes)]
    assert names == ["mine-source-none-012345", *(f"mine-source-path-{digits}-012345" for digits in hashes)]
