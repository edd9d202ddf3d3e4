"""The scorer: a network with what comes before and after it, compared with the same computed by hand."""

import numpy as np
import pytest
import torch

from pipeline.models.description import Description, Target
from pipeline.nets.build import build
from pipeline.nets.heads import Expectation, Recognition, Regression
from pipeline.score_networks.scorer import Scorer
from tests.pipeline.training.material import MODEL

FRAME_MODEL = MODEL.model_copy(update={"name": "resnet50", "width": 0.125})


def _clips(frames: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (3, frames, 32, 32, 3), dtype=np.uint8)


def _network_input(clips: np.ndarray) -> torch.Tensor:
    """Subtract the mean of each colour, scale, and put channels before time."""
    values = (clips.astype(np.float32) - np.array(MODEL.mean, np.float32)) * np.float32(MODEL.scale)
    return torch.from_numpy(values.transpose(0, 4, 1, 2, 3).copy())


def test_scores_of_a_regression_are_its_outputs_in_points() -> None:
    network = build(MODEL, Regression(), seed=2).eval()
    scorer = Scorer(network, Description(MODEL, Regression(), 8, Target(15.0, 9.0))).eval()
    clips = _clips(8)
    with torch.no_grad():
        outputs = network(_network_input(clips))[:, 0].double().numpy()
        scores = scorer(torch.from_numpy(clips)).numpy()
    assert len(set(scores.tolist())) == 3
    np.testing.assert_allclose(scores, 15.0 + 9.0 * outputs, rtol=1e-5)
    assert (scorer.frames, scorer.name) == (8, "MSN-27 (3, 5, 7) x 0.03125")


def test_scores_of_an_expectation_are_the_means_of_its_distributions() -> None:
    network = build(FRAME_MODEL, Expectation(64), seed=2).eval()
    scorer = Scorer(network, Description(FRAME_MODEL, Expectation(64), 1)).eval()
    clips = _clips(1)
    with torch.no_grad():
        logits = network(_network_input(clips)).double().numpy()
        scores = scorer(torch.from_numpy(clips)).numpy()
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert len(set(scores.tolist())) == 3
    np.testing.assert_allclose(scores, probabilities @ np.arange(64), rtol=1e-5)
    assert (scorer.frames, scorer.name) == (1, "ResNet-50 x 0.125")


@pytest.mark.parametrize(
    ("description", "message"),
    [
        (Description(MODEL, Recognition(3), 8), "these weights estimate no score"),
        (Description(MODEL, Regression(), None, Target(15.0, 9.0)), "does not say how long its clips are"),
    ],
)
def test_weights_that_cannot_score_are_refused(description: Description, message: str) -> None:
    assert description.head is not None
    with pytest.raises(ValueError, match=message):
        Scorer(build(MODEL, description.head), description)
