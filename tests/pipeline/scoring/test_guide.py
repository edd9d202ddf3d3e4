"""The worked example of docs/how-to/add-a-metric.md: a copy of the project with it evaluates a model."""

import csv
import json
from pathlib import Path

import pytest
import yaml

from tests.guides import code_block, copy_code, replace_once, run_module
from tests.pipeline.estimators.material import params_of
from tests.pipeline.estimators.test_guide import write_inputs

PAGE = "add-a-metric.md"
INPUTS = ("sequences", "aligned", "fitting.csv")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The project with the example, as the guide says: one definition, one line, and its name for metrics.json."""
    copy_code(tmp_path)
    metrics, summary = tmp_path / "pipeline/scoring/metrics.py", tmp_path / "pipeline/scoring/summary.py"
    replace_once(metrics, "from pipeline.statistics.proportions import count\n", code_block(PAGE, "import"))
    replace_once(metrics, "\nERRORS: dict", f"{code_block(PAGE, 'definition')}\nERRORS: dict")
    replace_once(metrics, "    **ERRORS,\n", "    **ERRORS,\n" + code_block(PAGE, "metric"))
    line = next(line for line in summary.read_text().splitlines(keepends=True) if line.startswith("SELECTED_METRICS"))
    replace_once(summary, line, code_block(PAGE, "selected"))
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params_of("lpq_svr").model_dump(mode="json")))
    return tmp_path


def test_the_metric_of_the_example_is_in_the_files(project: Path) -> None:
    write_inputs(project)
    run_module(project, "stages.estimator", "chosen.json")
    run_module(project, "stages.finetune", "chosen.json", *INPUTS, "origin.json", "pretrained", "model", "curves")
    run_module(project, "stages.evaluate", *INPUTS, "testing.csv", "model", "baselines", "metrics.json", "results")
    with (project / "results/predictions.csv").open(newline="") as stream:
        errors = [abs(float(row["estimate"]) - float(row["score"])) for row in csv.DictReader(stream)]
    expected = sum(error <= 5 for error in errors) / len(errors)
    assert json.loads((project / "metrics.json").read_text())["within five"] == expected
    with (project / "results/intervals.csv").open(newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["metric"] == "within five"]
    assert {row["estimator"] for row in rows} == {"model"}
    assert float(rows[0]["value"]) == expected
