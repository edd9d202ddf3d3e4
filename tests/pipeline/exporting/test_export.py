"""Exported files estimate what the network estimates, for any batch size, and failed exports leave no file."""

from pathlib import Path

import numpy as np
import pytest
import torch

import pipeline.exporting.export
from pipeline.exporting.estimator import ExportableNetwork, load_exportable_network, random_clips
from pipeline.exporting.export import ExportError, export
from pipeline.models.description import Description, Target
from pipeline.models.weights import WeightsError, save_weights
from pipeline.nets.build import build
from pipeline.nets.heads import Recognition, Regression
from tests.pipeline.training.material import INPUT_SPEC, MODEL, SIZE

SHAPE = (8, SIZE, SIZE, 3)
TARGET = Target(15.0, 9.0)


def _save_model(folder: Path, name: str = "msn") -> Path:
    model = MODEL.model_copy(update={"name": name})
    network = build(model, Regression(), seed=3)
    folder.mkdir()
    save_weights(folder, network.state_dict(), Description(model, Regression(), 8, TARGET, input_spec=INPUT_SPEC))
    return folder


def _scores_by_hand(folder: Path, clips: torch.Tensor) -> np.ndarray:
    """Compute scores from the network and the numbers of its description, without ExportableNetwork."""
    network = build(MODEL, Regression(), seed=3).eval()
    x = (clips.float() - torch.tensor(MODEL.mean)) * MODEL.scale
    with torch.no_grad():
        return 15.0 + 9.0 * network(x.permute(0, 4, 1, 2, 3))[:, 0].numpy()


def test_onnx_file_estimates_what_the_network_estimates(tmp_path: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    network, shape = load_exportable_network(_save_model(tmp_path / "model"))
    assert shape == SHAPE
    assert export(network, shape, tmp_path / "out" / "model.onnx") < 0.001
    session = onnxruntime.InferenceSession(tmp_path / "out" / "model.onnx", providers=["CPUExecutionProvider"])
    for batch in (1, 5):
        clips = random_clips(batch, shape)
        (scores,) = session.run(None, {"clips": clips.numpy()})
        np.testing.assert_allclose(scores, _scores_by_hand(tmp_path / "model", clips), atol=1e-3)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["model.onnx"]


@pytest.mark.parametrize("name", ["msn", "i3d"])
def test_pytorch_program_estimates_what_the_network_estimates(tmp_path: Path, name: str) -> None:
    network, shape = load_exportable_network(_save_model(tmp_path / "model", name))
    assert export(network, shape, tmp_path / "model.pt2") < 0.001
    loaded = torch.export.load(tmp_path / "model.pt2").module()
    clips = random_clips(4, shape)
    if name == "msn":
        np.testing.assert_allclose(
            loaded(clips).detach().numpy(), _scores_by_hand(tmp_path / "model", clips), atol=1e-3
        )
    assert loaded(clips).shape == (4,)


def test_file_with_other_estimates_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network, shape = load_exportable_network(_save_model(tmp_path / "model"))
    monkeypatch.setattr(
        pipeline.exporting.export, "_write_program", lambda program, path: lambda clips: np.zeros(len(clips))
    )
    with pytest.raises(ExportError, match=r"points away from the network; allowed: 0\.01"):
        export(network, shape, tmp_path / "model.pt2")
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_errors_name_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = ExportableNetwork(build(MODEL, Regression(), seed=3), Description(MODEL, Regression(), 8, TARGET)).eval()
    with pytest.raises(ExportError, match=r"the suffix is '\.pth'; allowed: \.pt2 or \.onnx"):
        export(network, SHAPE, tmp_path / "model.pth")
    monkeypatch.setattr(pipeline.exporting.export, "find_spec", lambda name: None if name == "onnxscript" else 1)
    with pytest.raises(ExportError, match=r"ONNX needs onnxscript: pip install 'msn-depression\[export\]'"):
        export(network, SHAPE, tmp_path / "model.onnx")
    save_weights(tmp_path, build(MODEL, Recognition(3), seed=3).state_dict(), Description(MODEL, Recognition(3), 8))
    with pytest.raises(WeightsError, match="these weights estimate no score"):
        load_exportable_network(tmp_path)
