"""The model card: the data that a model was fitted to."""

from typing import Any

import pytest
import yaml

from pipeline.experiments.outcome import Outcome
from pipeline.experiments.repository import Experiment
from pipeline.report.blocks import Section
from pipeline.report.card import section_card
from tests.pipeline.experiments.material import ROOT


def _params(**changes: dict[str, Any]) -> dict[str, Any]:
    params = yaml.safe_load((ROOT / "params.yaml").read_text())
    return {name: {**section, **changes.get(name, {})} for name, section in params.items()}


def _card(params: dict[str, Any], **description: object) -> str:
    outcome = Outcome(Experiment("one", None), params, {}, {}, {}, None, description)
    parts = [part for part in section_card(outcome).blocks if isinstance(part, Section)]
    return " ".join(paragraph for part in parts for paragraph in part.paragraphs)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "Fitted to the training and development partitions of the simulated corpus, after face recognition"),
        ({}, "knows nothing of people"),
        ({}, "The weights are those at the end of the training; nothing was chosen by validation."),
        ({"simulate": {"enabled": False}}, "The recordings are of real people, under the licence of AVEC2014"),
        ({"finetune": {"validation": "development"}}, "Fitted to the training partition of"),
        ({"pretrain": {"source": "none"}}, "after random weights."),
        (
            {"estimator": {"name": "lpq_svr"}},
            "Fitted to the training and development partitions of the simulated corpus.",
        ),
        ({"estimator": {"name": "lpq_svr"}}, "LPQ + SVR, faces of 112 x 112 pixels, one frame in 2. It is no network"),
        (
            {"estimator": {"name": "frame_expectation"}, "model": {"name": "resnet50"}},
            "ResNet-50 x 0.125, frames, expectation of scores, faces of 112 x 112 pixels",
        ),
        ({}, "MSN-27 (3, 5, 7) x 0.125, clips of 16 frames of 112 x 112 pixels"),
        ({"corpus": {"partition": "subject_folds", "fold": 2, "folds": 5}}, "fold 2 of 5 is tested"),
    ],
)
def test_card_describes_the_fitted_data(changes: dict[str, dict[str, Any]], expected: str) -> None:
    assert expected in _card(_params(**changes))


def test_card_names_the_best_epoch() -> None:
    text = _card(_params(finetune={"validation": "subjects"}), best={"epoch": 3, "rmse": 7.125})
    assert "The weights are those of epoch 3, the best by validation (RMSE 7.12)." in text
