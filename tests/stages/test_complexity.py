"""The stage complexity: the number of parameters and multiply-adds."""

import json
from pathlib import Path

from pipeline.params_check import load_params
from stages.complexity import main

ROOT = Path(__file__).parents[2]


def test_parameters_and_macs(tmp_path: Path) -> None:
    params = load_params(ROOT / "params.yaml")
    model = params.model.model_copy(update={"name": "msn", "depth": 69, "kernels": (3, 5, 7), "width": 1.0})
    align = params.align.model_copy(update={"size": 112})
    clip = params.clip.model_copy(update={"length": 16})
    main(params.model_copy(update={"model": model, "align": align, "clip": clip}), tmp_path / "complexity.json")
    complexity = json.loads((tmp_path / "complexity.json").read_text())
    assert complexity.keys() == {"parameters", "macs"}
    assert complexity["parameters"] == 77_716_673
    assert round(2 * complexity["macs"] / 1e9, 1) == 201.0
