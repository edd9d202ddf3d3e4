"""`msn predict` as people and programs meet it."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from pipeline.artifacts.hashing import file_digest
from pipeline.cli import app
from pipeline.models.weights import WEIGHTS, load_network, save_weights
from tests.pipeline.predicting.conftest import Ran


def _msn(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["predict", *map(str, words)])


@pytest.fixture
def repository(ran: Ran, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with params.yaml and the model that it tells of."""
    shutil.copytree(ran.model, tmp_path / "models" / "finetuned")
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(ran.params.model_dump(mode="json")))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_json_is_all_there_is_on_stdout(repository: Path, ran: Ran) -> None:
    names = list(ran.videos)[:2]
    found = _msn(*(ran.videos[name] for name in names), "--json")
    assert found.exit_code == 0
    told = json.loads(found.stdout)
    assert [video["estimate"] for video in told["videos"]] == [ran.estimates[1][name] for name in names]
    assert told["model"]["sha256"] == file_digest(ran.model / WEIGHTS)
    assert "no diagnosis" in told["notice"]


def test_the_status_says_that_one_was_wrong(repository: Path, ran: Ran) -> None:
    (repository / "odd.mp4").write_text("no video")
    name, video = next(iter(ran.videos.items()))
    found = _msn("odd.mp4", video, "--figure", "figures", "--overlay", "overlays")
    assert found.exit_code == 1
    assert "not estimated: not readable as a video" in found.stdout
    assert f"{ran.estimates[1][name]:.1f}" in found.stdout
    assert "no diagnosis" in found.stdout
    assert [path.name for path in (repository / "figures").iterdir()] == [f"{video.stem}.figure.png"]
    assert [path.name for path in (repository / "overlays").iterdir()] == [f"{video.stem}.overlay.mp4"]


def test_a_model_from_before_a_change_is_refused_until_named(repository: Path, ran: Ran) -> None:
    values = yaml.safe_load((repository / "params.yaml").read_text())
    values["align"]["size"] = 48
    (repository / "params.yaml").write_text(yaml.safe_dump(values))
    video = next(iter(ran.videos.values()))
    found = _msn(video)
    assert (found.exit_code, found.stdout) == (1, "")
    assert "models/finetuned: made for another geometry than params.yaml tells of: align.size 32 (here 48)" in (
        found.stderr
    )
    assert _msn(video, "--model", "models/finetuned").exit_code == 0


def test_outside_of_a_repository(ran: Ran, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    video = next(iter(ran.videos.values()))
    found = _msn(video)
    assert found.exit_code == 1
    assert found.stderr.startswith("msn: models/finetuned/description.json: no such file")
    assert _msn(video, "--model", ran.model).exit_code == 0


def test_a_model_that_says_too_little_is_refused(repository: Path, ran: Ran) -> None:
    network, description = load_network(ran.model)
    shutil.rmtree(repository / "models")
    (repository / "old").mkdir()
    save_weights(repository / "old", network.state_dict(), replace(description, footage=None))
    found = _msn(next(iter(ran.videos.values())), "--model", "old")
    assert found.exit_code == 1
    assert "msn: old: does not say which faces it was fitted to (decode, align, subsample, clip)" in found.stderr


def test_damaged_weights_are_told_once(repository: Path, ran: Ran) -> None:
    path = repository / "models" / "finetuned" / WEIGHTS
    path.unlink()
    path.write_bytes(b"nothing")
    found = _msn(*ran.videos.values())
    assert (found.exit_code, found.stdout) == (1, "")
    assert found.stderr.count("not a safetensors file") == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--fps", "fast"), "--fps is 'fast'; allowed: native, or a number above 0 up to 240"),
        (("--phases", "3"), "--phases is 3; allowed for this model: 1 to 2 (subsample.phases)"),
    ],
)
def test_what_cannot_be_asked(repository: Path, ran: Ran, words: tuple[str, ...], message: str) -> None:
    found = _msn(next(iter(ran.videos.values())), *words)
    assert (found.exit_code, found.stderr) == (1, f"msn: {message}\n")


def test_videos_must_be_named() -> None:
    assert _msn().exit_code == 2
