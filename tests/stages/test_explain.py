"""The stage explain, in real runs: tiny networks on a few random faces, and an estimator that is no network."""

import logging
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pipeline.artifacts.hashing import folder_digest
from pipeline.models.description import Description, Target
from pipeline.nets.build import build
from pipeline.nets.heads import Expectation, Regression
from pipeline.params.check import check_params
from pipeline.records.recordings import Recording, read_recordings, write_recordings
from pipeline.saliency.explanation import Explanation, read_explanations
from pipeline.saliency.relevance import relevance
from pipeline.score_networks.scorer import Scorer
from pipeline.zarr_store import read_array
from stages.explain import main
from tests.pipeline.saliency.material import write_predictions
from tests.pipeline.training.material import INPUT_SPEC, MODEL, PREPROCESSING, save_model, write_sequence
from tests.stages.model_folders import RESNET, frame_network, save_frame_expectation, save_lpq_svr

LENGTH = 8
TRAINED = Description(MODEL, Regression(), LENGTH, Target(mean=20.0, deviation=10.0))
SEQUENCES: dict[str, dict[str, Any]] = {
    "calm": {"phases": [20, 19]},
    "brief": {"phases": [5, 4]},
    "hidden": {"phases": [20, 19], "absent": [8, 9, 10]},
    "never": {"phases": [20, 19], "absent": True},
}
SCORED = [("calm", 4, 7.0, 3), ("brief", 16, 12.0, 1), ("hidden", 31, 22.0, 3), ("never", 45, 17.0, 0)]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Four recordings with scores (none is moderate), one of them without a face, and a network."""
    for seed, (name, options) in enumerate(SEQUENCES.items()):
        write_sequence(tmp_path / "sequences" / name, seed=seed, **options)
    listed = [Recording(name, Path(f"{name}.mp4"), 1, name.encode().hex().ljust(64, "0")) for name in SEQUENCES]
    write_recordings(tmp_path / "recordings.csv", listed)
    write_predictions(tmp_path / "predictions.csv", SCORED)
    _save_network(tmp_path)
    return tmp_path


def _save_network(corpus: Path, absent: str = "skip") -> None:
    """Write the network as one that was fitted with this clip.absent."""
    weights, input_spec = build(MODEL, Regression(), seed=3).state_dict(), replace(INPUT_SPEC, absent=absent)
    save_model(corpus / "finetuned", weights, TRAINED, input_spec)


@pytest.fixture
def explain(corpus: Path, smallest: dict[str, Any]) -> Callable[..., dict[str, Explanation]]:
    """A function that runs the stage with changed parameters and returns the explanations by severity band."""

    def run(stage: str = "conv5", length: int = LENGTH) -> dict[str, Explanation]:
        values = {
            **smallest,
            "clip": {"length": length, "absent": "skip", "order": "recorded"},
            "explain": {"stage": stage},
        }
        paths = ("recordings.csv", "sequences", "predictions.csv", "finetuned", "saliency")
        main(check_params(values), *(corpus / name for name in paths))
        return read_explanations(corpus / "saliency")

    return run


def test_outputs_are_reproducible(corpus: Path, explain: Callable[..., Any]) -> None:
    explain()
    digest = folder_digest(corpus / "saliency")
    assert {path.name for path in (corpus / "saliency").iterdir()} == {
        ".sha256sums",
        "figure6.png",
        "sanity.csv",
        "minimal",
        "mild",
        "severe",
    }
    explain()
    assert folder_digest(corpus / "saliency") == digest
    assert not list(corpus.glob("*.partial"))


def test_each_band_has_its_recording_and_clip(corpus: Path, explain: Callable[..., Any]) -> None:
    explanations = explain()
    metadata = {band: item.metadata for band, item in explanations.items()}
    assert {band: (item.recording, item.start) for band, item in metadata.items()} == {
        "minimal": ("calm", 8),
        "mild": ("brief", 0),
        "severe": ("hidden", 11),  # 0, 11, 12: no clip holds frames 8 to 10
    }
    assert (metadata["minimal"].score, metadata["minimal"].estimate, metadata["minimal"].opaque) == (
        4,
        7.0,
        b"calm".hex(),
    )
    faces = read_array(corpus / "sequences" / "calm", "faces")
    assert np.array_equal(explanations["minimal"].faces, faces[8:16])
    looped = read_array(corpus / "sequences" / "brief", "faces")[[0, 1, 2, 3, 4, 0, 1, 2]]
    assert np.array_equal(explanations["mild"].faces, looped)


def test_relevance_agrees_with_the_network_called_directly(corpus: Path, explain: Callable[..., Any]) -> None:
    scorer = Scorer(build(MODEL, Regression(), seed=3), TRAINED).eval()
    for stage in ("conv3", "conv5"):
        item = explain(stage)["minimal"]
        expected, estimate = relevance(scorer, torch.from_numpy(item.faces)[None], stage)
        assert np.allclose(item.relevance, expected[0].numpy(), rtol=1e-4, atol=1e-6)
        assert item.metadata.clip_estimate == pytest.approx(float(estimate[0]), rel=1e-4)
        assert item.metadata.stage == stage
        assert np.abs(item.relevance).max() > 0


@pytest.mark.parametrize("absent", ["hold", "keep"])
def test_frames_without_a_face_are_marked(corpus: Path, explain: Callable[..., Any], absent: str) -> None:
    _save_network(corpus, absent)
    item = explain()["severe"]  # clip.absent is skip: what counts is how the model was fitted
    assert item.metadata.start == 8
    assert item.present.tolist() == [False] * 3 + [True] * 5
    faces = read_array(corpus / "sequences" / "hidden", "faces")
    assert np.array_equal(item.faces[0], faces[7] if absent == "hold" else np.zeros_like(faces[7]))


def test_without_scores_the_only_output_is_a_figure_without_recordings(
    corpus: Path, explain: Callable[..., Any]
) -> None:
    write_predictions(corpus / "predictions.csv", [])
    assert explain() == {}
    assert {path.name for path in (corpus / "saliency").iterdir()} == {".sha256sums", "figure6.png"}


def test_a_network_of_other_clips_is_rejected(corpus: Path, explain: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match=r"finetuned: made for clips of 8 frames, but clip\.length is 16$"):
        explain(length=16)
    assert not (corpus / "saliency").exists()


def test_a_network_of_single_frames_explains_each_frame_of_a_clip(corpus: Path, explain: Callable[..., Any]) -> None:
    shutil.rmtree(corpus / "finetuned")
    save_frame_expectation(corpus / "finetuned")
    explanations = explain("conv4", length=12)
    assert set(explanations) == {"minimal", "mild", "severe"}
    item = explanations["minimal"]
    faces = read_array(corpus / "sequences" / "calm", "faces")
    assert item.metadata.start == 0  # the first of 0 and 8, of clips of 12 of its 20 frames
    assert np.array_equal(item.faces, faces[:12])
    assert item.relevance.shape == (12, 32, 32)
    assert item.metadata.network == "ResNet-50 x 0.03125"
    scorer = Scorer(frame_network(), Description(RESNET, Expectation(64), 1)).eval()
    estimates = []
    for number in range(12):
        expected, estimate = relevance(scorer, torch.from_numpy(item.faces[number])[None, None], "conv4")
        assert np.allclose(item.relevance[number], expected[0, 0].numpy(), rtol=1e-3, atol=2e-6)
        estimates.append(float(estimate[0]))
    assert item.metadata.clip_estimate == pytest.approx(np.mean(estimates), rel=1e-4)
    assert np.abs(item.relevance).reshape(12, -1).max(axis=1).min() > 0
    assert not np.allclose(item.relevance[0], item.relevance[1], rtol=1e-2)
    assert (corpus / "saliency" / "figure6.png").is_file()


def test_an_estimator_that_is_no_network_is_not_explained(
    corpus: Path, explain: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    shutil.rmtree(corpus / "finetuned")
    save_lpq_svr(corpus / "finetuned")
    with caplog.at_level(logging.WARNING):
        assert explain() == {}
    assert {path.name for path in (corpus / "saliency").iterdir()} == {".sha256sums", "not_explained.txt"}
    text = (corpus / "saliency" / "not_explained.txt").read_text()
    assert text == "lpq_svr is no network, so no saliency map explains it\n"
    (record,) = caplog.records
    assert (record.levelname, record.getMessage()) == ("WARNING", text.strip())


def test_a_model_for_other_faces_is_rejected(corpus: Path, explain: Callable[..., Any]) -> None:
    shutil.rmtree(corpus / "sequences" / "calm")
    preprocessing = replace(PREPROCESSING, align=PREPROCESSING.align.model_copy(update={"method": "crop"}))
    write_sequence(corpus / "sequences" / "calm", [20, 19], preprocessing=preprocessing)
    with pytest.raises(ValueError, match=r"made for another geometry than .*calm: align\.method"):
        explain()
    assert not (corpus / "saliency").exists()


def test_the_error_for_an_unlisted_recording_names_it(corpus: Path, explain: Callable[..., Any]) -> None:
    listed = read_recordings(corpus / "recordings.csv")
    write_recordings(corpus / "recordings.csv", [item for item in listed if item.recording != "calm"])
    with pytest.raises(ValueError, match=r"predictions\.csv: calm: not in .*recordings\.csv"):
        explain()
    assert not (corpus / "saliency").exists()


def test_frames_are_explained_where_no_whole_clip_shows_the_face(corpus: Path, explain: Callable[..., None]) -> None:
    shutil.rmtree(corpus / "finetuned")
    save_frame_expectation(corpus / "finetuned")
    shutil.rmtree(corpus / "sequences" / "calm")
    write_sequence(corpus / "sequences" / "calm", [20, 19], absent=range(0, 39, 2))
    explain()
    assert read_array(corpus / "saliency/minimal", "relevance").shape == (1, 32, 32)
    assert read_array(corpus / "saliency/mild", "relevance").shape[0] == 8  # brief: its 5 frames are looped
