"""The worked example of the guide to estimators: a copy of the project with it runs from finetune to evaluate."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from pipeline.records.tables import write_rows
from pipeline.zarr_store import ARCHIVE, GroupWriter
from tests.guides import code_block, copy_code, replace_once, run_module
from tests.pipeline.estimators.material import make_material, params_of
from tests.stages.baseline_tables import write_baselines

PAGE = "add-an-estimator.md"
LABEL_COLUMNS = ("recording", "subject", "session", "task", "partition", "score", "sex", "age")
SCORES = {"a1": 3, "a2": 8, "b1": 12, "c1": 20, "d1": 30, "t1": 14, "t2": 25}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The project with the example, as the guide says: one file, its settings, one line and its section."""
    copy_code(tmp_path)
    file = "pipeline/estimators/brightness.py"
    (tmp_path / file).write_text(code_block(PAGE, file))
    settings = tmp_path / "pipeline/params/estimator.py"
    text = settings.read_text()
    assert text.count("    lpq_svr: LpqSvr\n") == text.count("\n\nclass Estimator(Section):") == 1
    text = text.replace("    lpq_svr: LpqSvr\n", "    lpq_svr: LpqSvr\n" + code_block(PAGE, "line"))
    settings.write_text(
        text.replace(
            "\n\nclass Estimator(Section):", f"\n\n{code_block(PAGE, 'settings')}\n\nclass Estimator(Section):"
        )
    )
    values = params_of("lpq_svr").model_dump(mode="json")
    values["estimator"] |= {"name": "brightness", **yaml.safe_load(code_block(PAGE, "params.yaml"))}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(values))
    return tmp_path


def test_the_example_has_at_most_40_lines() -> None:
    assert len(code_block(PAGE, "pipeline/estimators/brightness.py").splitlines()) <= 40


def write_inputs(project: Path) -> None:
    """Write the sequences, the labels and the folder of no pretrained weights."""
    make_material(project)
    for partition, names in (("fitting", ("a1", "a2", "b1", "c1", "d1")), ("testing", ("t1", "t2"))):
        kind = "training" if partition == "fitting" else "test"
        rows = [[name, name[0], "", "", kind, SCORES[name], "", ""] for name in names]
        write_rows(project / f"{partition}.csv", LABEL_COLUMNS, rows)
    write_baselines(project / "baselines", ("t1", "t2"))
    (project / "origin.json").write_text("{}")
    (project / "pretrained").mkdir()
    (project / "pretrained/description.json").write_text('{"source": "none"}\n')


def _run_stages(project: Path) -> None:
    """Run the stages from estimator to evaluate."""
    inputs = ("sequences", "aligned", "fitting.csv")
    run_module(project, "stages.estimator", "chosen.json")
    run_module(project, "stages.finetune", "chosen.json", *inputs, "origin.json", "pretrained", "model", "curves")
    run_module(project, "stages.evaluate", *inputs, "testing.csv", "model", "baselines", "metrics.json", "results")


def test_the_example_fits_and_estimates(project: Path) -> None:
    write_inputs(project)
    _run_stages(project)
    estimates = pd.read_csv(project / "results/predictions.csv").set_index("recording").estimate
    assert list(estimates.index) == ["t1", "t2"]
    assert estimates.between(0, 63).all()
    spans = pd.read_csv(project / "results/clips.csv")
    assert (spans.length == 1).all()
    assert spans.groupby("recording").estimate.mean().to_dict() == pytest.approx(estimates.to_dict(), abs=1e-3)
    assert json.loads((project / "metrics.json").read_text())["videos"] == 2


def test_an_estimator_can_read_every_native_frame_and_its_landmarks(project: Path) -> None:
    """The example reads the height of the left eye instead: `sources` and `estimator.source` make it an input."""
    replace_once(
        project / "pipeline/params/estimator.py",
        '    title = "brightness"',
        '    title = "eye"\n    sources = ("aligned",)',
    )
    example = project / "pipeline/estimators/brightness.py"
    replace_once(example, '"brightness", "sequences", brightness', '"eye", "aligned", brightness')
    replace_once(
        example,
        "from pipeline.data.clips.face_sequence import open_sequence",
        "from pipeline.zarr_store import read_array",
    )
    start, end = example.read_text().index("    sequence = open"), example.read_text().index("class Brightness")
    body = """    eye = read_array(folder, "landmarks")[::2, 0, 1]
    return {"frames": np.arange(len(eye)), "values": eye.astype(np.float64)}


"""
    example.write_text(example.read_text()[:start] + body + example.read_text()[end:])
    write_inputs(project)
    for name, score in SCORES.items():
        with GroupWriter(project / "aligned" / name, ARCHIVE) as group:
            group.append("landmarks", np.full((40, 5, 2), 2.0 * score + 1, np.float32))
    message = run_module(project, "stages.estimator", "chosen.json", succeeds=False)
    assert "estimator.source is sequences, but estimator.name is brightness; allowed for it: aligned" in message
    replace_once(project / "params.yaml", "source: sequences", "source: aligned")
    _run_stages(project)
    predictions = pd.read_csv(project / "results/predictions.csv").set_index("recording")
    assert predictions.estimate.to_dict() == pytest.approx({"t1": 14.0, "t2": 25.0}, abs=1e-3)


def test_wrong_settings_of_the_example_are_refused(project: Path) -> None:
    values = yaml.safe_load((project / "params.yaml").read_text())
    values["estimator"]["brightness"]["percentile"] = 101
    (project / "params.yaml").write_text(yaml.safe_dump(values))
    message = run_module(project, "stages.estimator", "chosen.json", succeeds=False)
    assert (
        "estimator.brightness.percentile is 101; allowed: the percentile of the pixels of a face, 0 to 100" in message
    )
