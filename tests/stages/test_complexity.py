"""The stage complexity: the number of parameters and multiply-adds of the estimator's network."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from pipeline.estimators.choice import write_choice
from pipeline.params.check import check_params, load_params
from pipeline.params.whole import Params
from stages.complexity import main

ROOT = Path(__file__).parents[2]


def _params(estimator: str, network: str, size: int = 112) -> Params:
    """Return the parameters of the full-size network, for clips of 16 frames."""
    values: dict[str, Any] = load_params(ROOT / "params.yaml").model_dump(mode="json")
    values["estimator"]["name"] = estimator
    values["model"] |= {"name": network, "depth": 69, "kernels": [3, 5, 7], "width": 1.0}
    values["align"]["size"], values["clip"]["length"] = size, 16
    return check_params(values)


def _count(params: Params, folder: Path) -> None:
    """Run the stages estimator and complexity."""
    write_choice(folder / "estimator.json", params.estimator)
    main(params, folder / "estimator.json", folder / "complexity.json")


def test_parameters_and_macs(tmp_path: Path) -> None:
    _count(_params("clip_network", "msn"), tmp_path)
    complexity = json.loads((tmp_path / "complexity.json").read_text())
    assert complexity.keys() == {"parameters", "macs"}
    assert complexity["parameters"] == 77_716_673
    assert round(2 * complexity["macs"] / 1e9, 1) == 201.0


def test_a_network_of_single_frames_is_counted_for_one_frame(tmp_path: Path) -> None:
    _count(_params("frame_expectation", "resnet50", size=128), tmp_path)
    complexity = json.loads((tmp_path / "complexity.json").read_text())
    assert complexity["parameters"] == 25_557_032 - 1000 * 2049 + 64 * 2049  # torchvision's, with 64 outputs for 1000
    # 4,089,184,256 are published for 224 x 224 and 1000 outputs; every map of 128 x 128 is smaller by 4/7.
    assert complexity["macs"] == (4_089_184_256 - 1000 * 2048) * 4**2 // 7**2 + 64 * 2048


def test_of_an_estimator_that_is_no_network_the_file_is_an_empty_object(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        _count(_params("lpq_svr", "msn"), tmp_path)
    assert (tmp_path / "complexity.json").read_text() == "{}\n"
    assert "lpq_svr is no network: there is nothing to count" in caplog.text
