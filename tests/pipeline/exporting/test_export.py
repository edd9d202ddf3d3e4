"""Exported files estimate what the network estimates, for any batch size, and failed exports leave no file."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

import pipeline.exporting.export
from pipeline.cli import app
from pipeline.exporting.export import ExportError, export
from pipeline.exporting.exportable import load_scorer, random_clips
from pipeline.models.description import Description, Target
from pipeline.models.files import WeightsError
from pipeline.models.weights import save_weights
from pipeline.nets.build import build
from pipeline.nets.heads import Recognition, Regression
from pipeline.score_networks.scorer import Scorer
from tests.pipeline.training.material import MODEL, SIZE, save_model
from tests.stages.model_folders import LEVELS, frame_network, save_frame_expectation, save_lpq_svr
from tests.unpacked import unpacked

SHAPE = (8, SIZE, SIZE, 3)
CHECKOUT = Path(__file__).parents[3]
TARGET = Target(15.0, 9.0)


def _save_model(folder: Path, name: str = "msn") -> Path:
    model = MODEL.model_copy(update={"name": name})
    network = build(model, Regression(), seed=3)
    return save_model(folder, network.state_dict(), Description(model, Regression(), 8, TARGET))


def _normalised(clips: torch.Tensor) -> torch.Tensor:
    return ((clips.float() - torch.tensor(MODEL.mean)) * MODEL.scale).permute(0, 4, 1, 2, 3)


def _scores_by_hand(clips: torch.Tensor) -> np.ndarray:
    """Compute scores from the network and the numbers of its description, without Scorer."""
    network = build(MODEL, Regression(), seed=3).eval()
    with torch.no_grad():
        return 15.0 + 9.0 * network(_normalised(clips))[:, 0].numpy()


def _expected_scores_by_hand(frames: torch.Tensor) -> np.ndarray:
    """Compute the expected value of the scores of single frames, without Scorer."""
    with torch.no_grad():
        logits = frame_network()(_normalised(frames)).double().numpy()
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return shares @ np.arange(LEVELS)


def test_a_control_is_exported_with_a_warning(tmp_path: Path) -> None:
    folder = _save_model(tmp_path / "model")
    path = folder / "description.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "permuted": "scores permuted among sessions, draw 1"}))
    result = CliRunner().invoke(app, ["export", str(tmp_path / "model.pt2"), "--model", str(folder)])
    assert result.exit_code == 0
    assert "A CONTROL, NO MODEL TO USE: fitted to scores permuted among sessions, draw 1" in result.stderr


def test_a_model_of_a_drawn_corpus_is_exported_with_a_warning(tmp_path: Path) -> None:
    folder = _save_model(tmp_path / "model")
    path = folder / "description.json"
    origin = {"kind": "drawn", "cue": 2.0, "cue_in": "dynamics"}
    path.write_text(json.dumps({**json.loads(path.read_text()), "origin": origin}))
    result = CliRunner().invoke(app, ["export", str(tmp_path / "model.pt2"), "--model", str(folder)])
    assert result.exit_code == 0
    assert "warning: A DEMONSTRATION: the model is fitted to drawn faces" in result.stderr


def test_onnx_file_estimates_what_the_network_estimates(tmp_path: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    scorer, shape = load_scorer(_save_model(tmp_path / "model"))
    assert shape == SHAPE
    assert export(scorer, shape, tmp_path / "out" / "model.onnx") < 0.001
    session = onnxruntime.InferenceSession(tmp_path / "out" / "model.onnx", providers=["CPUExecutionProvider"])
    for batch in (1, 5):
        clips = random_clips(batch, shape)
        (scores,) = session.run(None, {"clips": clips.numpy()})
        np.testing.assert_allclose(scores, _scores_by_hand(clips), atol=1e-3)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["model.onnx"]


@pytest.mark.parametrize("name", ["msn", "i3d"])
def test_pytorch_program_estimates_what_the_network_estimates(tmp_path: Path, name: str) -> None:
    scorer, shape = load_scorer(_save_model(tmp_path / "model", name))
    assert export(scorer, shape, tmp_path / "model.pt2") < 0.001
    loaded = torch.export.load(tmp_path / "model.pt2").module()
    clips = random_clips(4, shape)
    if name == "msn":
        np.testing.assert_allclose(loaded(clips).detach().numpy(), _scores_by_hand(clips), atol=1e-3)
    assert loaded(clips).shape == (4,)


@pytest.mark.parametrize("suffix", [".pt2", ".onnx"])
def test_a_network_of_single_frames_is_exported_with_its_expected_scores(tmp_path: Path, suffix: str) -> None:
    scorer, shape = load_scorer(save_frame_expectation(tmp_path / "model"))
    assert shape == (1, SIZE, SIZE, 3)
    path, frames = tmp_path / f"model{suffix}", random_clips(4, shape)
    if suffix == ".onnx":
        onnxruntime = pytest.importorskip("onnxruntime")
        assert export(scorer, shape, path) < 0.001
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        (scores,) = session.run(None, {"clips": frames.numpy()})
    else:
        assert export(scorer, shape, path) < 0.001
        scores = torch.export.load(path).module()(frames).detach().numpy()
    np.testing.assert_allclose(scores, _expected_scores_by_hand(frames), atol=1e-3)
    assert np.ptp(scores) > 0.01  # the frames differ


@pytest.mark.parametrize("suffix", [".pt2", ".onnx"])
def test_an_exported_file_holds_no_path_and_no_code(tmp_path: Path, suffix: str) -> None:
    if suffix == ".onnx":
        pytest.importorskip("onnxruntime")
    path = tmp_path / f"model{suffix}"
    export(*load_scorer(_save_model(tmp_path / "model")), path)
    # the folders of this machine, Python files in general, and a line of the network's code
    names = [str(CHECKOUT), sys.prefix, str(tmp_path), ".py", "def forward", "return self."]
    parts = list(unpacked(path))
    assert [name for name in names for part in parts if name.encode() in part] == []
    assert any(b"network.backbone.stem" in part for part in parts)  # names of weights remain


def test_the_command_refuses_an_estimator_that_is_no_network_in_one_line(tmp_path: Path) -> None:
    folder = save_lpq_svr(tmp_path / "model")
    result = CliRunner().invoke(app, ["export", str(tmp_path / "out.onnx"), "--model", str(folder)])
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"msn: {folder}: lpq_svr is no network, so it cannot be exported\n"
    assert not (tmp_path / "out.onnx").exists()


def test_file_with_other_estimates_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scorer, shape = load_scorer(_save_model(tmp_path / "model"))
    monkeypatch.setattr(
        pipeline.exporting.export, "_write_program", lambda program, path: lambda clips: np.zeros(len(clips))
    )
    with pytest.raises(ExportError, match=r"points away from the network; allowed: 0\.01"):
        export(scorer, shape, tmp_path / "model.pt2")
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_errors_name_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scorer = Scorer(build(MODEL, Regression(), seed=3), Description(MODEL, Regression(), 8, TARGET)).eval()
    with pytest.raises(ExportError, match=r"the suffix is '\.pth'; allowed: \.pt2 or \.onnx"):
        export(scorer, SHAPE, tmp_path / "model.pth")
    monkeypatch.setattr(pipeline.exporting.export, "find_spec", lambda name: None if name == "onnxscript" else 1)
    with pytest.raises(ExportError, match=r"ONNX needs onnxscript: pip install 'msn-depression\[export\]'"):
        export(scorer, SHAPE, tmp_path / "model.onnx")
    weights, recogniser = build(MODEL, Recognition(3), seed=3).state_dict(), Description(MODEL, Recognition(3), 8)
    save_weights(tmp_path, weights, recogniser)
    with pytest.raises(
        WeightsError, match="no estimator and no span and no footage, so no score can be estimated with it"
    ):
        load_scorer(tmp_path)
    save_model(tmp_path, weights, recogniser)
    with pytest.raises(WeightsError, match=r"weights with the head Recognition\(classes=3\); allowed: Regression"):
        load_scorer(tmp_path)
