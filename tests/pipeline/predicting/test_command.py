"""The command `msn predict`: its output, exit status and error messages."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from pipeline.cli import app
from pipeline.models.description import Description, Target
from pipeline.models.files import WEIGHTS
from pipeline.models.weights import load_network, save_weights
from pipeline.nets.heads import Regression
from pipeline.runtime.file_digest import file_digest
from tests.pipeline.predicting.conftest import PipelineRun

TARGET = Target(20.0, 10.0)


def _predict(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["predict", *map(str, arguments)])


@pytest.fixture
def repository(pipeline_run: PipelineRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with params.yaml and the model that was fitted with it."""
    shutil.copytree(pipeline_run.model, tmp_path / "models" / "finetuned")
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(pipeline_run.params.model_dump(mode="json")))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_stdout_is_json(repository: Path, pipeline_run: PipelineRun) -> None:
    names = list(pipeline_run.videos)[:2]
    result = _predict(*(pipeline_run.videos[name] for name in names), "--json")
    assert result.exit_code == 0
    content = json.loads(result.stdout)
    assert [video["estimate"] for video in content["videos"]] == [pipeline_run.estimates[1][name] for name in names]
    assert content["model"]["sha256"] == file_digest(pipeline_run.model / WEIGHTS)
    assert (content["model"]["estimator"], content["model"]["span"]) == ({"name": "clip_network", "settings": {}}, 8)
    assert (content["model"]["name"], content["model"]["depth"], content["model"]["width"]) == ("msn", 27, 0.03125)
    assert content["model"]["footage"]["preprocessing"]["subsample"]["factor"] == 2
    assert "clip" not in content["model"]
    assert "no diagnosis" in content["notice"]


def test_the_json_of_an_estimator_that_is_no_network_has_its_settings(
    runs: Callable[[str], PipelineRun], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = runs("lpq_svr")
    shutil.copytree(run.model, tmp_path / "models" / "finetuned")
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(run.params.model_dump(mode="json")))
    monkeypatch.chdir(tmp_path)
    name, video = next(iter(run.videos.items()))
    result = _predict(video, "--json", "--figure", "figures", "--overlay", "overlays")
    assert result.exit_code == 0
    content = json.loads(result.stdout)
    keys = ["folder", "sha256", "span", "estimator", "footage", "severity_scale", "origin"]
    assert list(content["model"]) == keys
    assert (content["model"]["estimator"]["name"], content["model"]["span"]) == ("lpq_svr", 1)
    assert content["model"]["estimator"]["settings"] == {
        "window": 7,
        "grid": 4,
        "segment": 20.0,
        "costs": [0.03125, 0.125, 0.5, 2.0, 8.0, 32.0],
        "epsilons": [0.1, 1.0, 2.0],
        "folds": 5,
    }
    (shown,) = content["videos"]
    assert shown["estimate"] == run.estimates[1][name]
    assert [(span["start"], span["weight"], span["estimate"]) for span in shown["clips"]] == [
        (0.0, 15, run.estimates[1][name])
    ]
    assert len(list((tmp_path / "figures").iterdir())) == len(list((tmp_path / "overlays").iterdir())) == 1


def test_a_model_of_another_estimator_is_refused_unless_named(repository: Path, pipeline_run: PipelineRun) -> None:
    values = yaml.safe_load((repository / "params.yaml").read_text())
    values["estimator"]["name"] = "lpq_svr"
    (repository / "params.yaml").write_text(yaml.safe_dump(values))
    video = next(iter(pipeline_run.videos.values()))
    result = _predict(video)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "estimator.name clip_network (here lpq_svr)" in result.stderr
    assert _predict(video, "--model", "models/finetuned").exit_code == 0


def test_exit_status_is_1_if_a_video_fails(repository: Path, pipeline_run: PipelineRun) -> None:
    (repository / "odd.mp4").write_text("no video")
    name, video = next(iter(pipeline_run.videos.items()))
    result = _predict("odd.mp4", video, "--figure", "figures", "--overlay", "overlays")
    assert result.exit_code == 1
    assert "not estimated: not readable as a video" in result.stdout
    assert f"{pipeline_run.estimates[1][name]:.1f}" in result.stdout
    assert "no diagnosis" in result.stdout
    assert [path.name for path in (repository / "figures").iterdir()] == [f"{video.stem}.figure.png"]
    assert [path.name for path in (repository / "overlays").iterdir()] == [f"{video.stem}.overlay.mp4"]


def test_a_model_of_another_geometry_is_refused_unless_named(repository: Path, pipeline_run: PipelineRun) -> None:
    values = yaml.safe_load((repository / "params.yaml").read_text())
    values["align"]["size"] = 48
    (repository / "params.yaml").write_text(yaml.safe_dump(values))
    video = next(iter(pipeline_run.videos.values()))
    result = _predict(video)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "models/finetuned: made for another geometry than that of params.yaml: align.size 32 (here 48)" in (
        result.stderr
    )
    assert _predict(video, "--model", "models/finetuned").exit_code == 0


def test_outside_of_a_repository(pipeline_run: PipelineRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    video = next(iter(pipeline_run.videos.values()))
    result = _predict(video)
    assert result.exit_code == 1
    assert result.stderr.startswith("msn: models/finetuned: there is no model yet; `dvc repro` fits one")
    assert _predict(video, "--model", pipeline_run.model).exit_code == 0


def test_a_model_that_does_not_say_what_it_was_fitted_to_is_refused(
    repository: Path, pipeline_run: PipelineRun
) -> None:
    network, description = load_network(pipeline_run.model)
    shutil.rmtree(repository / "models")
    (repository / "old").mkdir()
    save_weights(repository / "old", network.state_dict(), Description(description.model, Regression(), 8, TARGET))
    result = _predict(next(iter(pipeline_run.videos.values())), "--model", "old")
    assert result.exit_code == 1
    assert result.stderr == (
        "msn: old/description.json: no estimator and no span and no footage, so no score can be estimated with it; "
        "allowed: a folder that the stage finetune wrote (fit it again with `dvc repro finetune`)\n"
    )


def test_damaged_weights_are_reported_once(repository: Path, pipeline_run: PipelineRun) -> None:
    path = repository / "models" / "finetuned" / WEIGHTS
    path.unlink()
    path.write_bytes(b"nothing")
    result = _predict(*pipeline_run.videos.values())
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.count("damaged or replaced: its SHA-256 is") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--fps", "fast"), "--fps is 'fast'; allowed: native, or a number above 0 up to 240"),
        (("--phases", "3"), "--phases is 3; allowed for this model: 1 to 2 (subsample.phases)"),
    ],
)
def test_wrong_options_are_refused(
    repository: Path, pipeline_run: PipelineRun, arguments: tuple[str, ...], message: str
) -> None:
    result = _predict(next(iter(pipeline_run.videos.values())), *arguments)
    assert (result.exit_code, result.stderr) == (1, f"msn: {message}\n")


def test_without_videos_the_usage_is_shown() -> None:
    assert _predict().exit_code == 2
