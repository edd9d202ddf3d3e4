"""Estimators that are one network: what they ask to be trained, and what they save and load of it."""

import copy
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pipeline.data.usable_recordings import ScoredRecording
from pipeline.estimators.clip_network import ClipNetwork
from pipeline.estimators.features import ComputedFeatures
from pipeline.estimators.frame_expectation import FrameExpectation
from pipeline.estimators.network_estimator import NetworkEstimator
from pipeline.estimators.protocol import FitContext, NetworkContext, PredictContext, Split
from pipeline.models.description import Description, Target
from pipeline.models.files import WeightsError
from pipeline.models.weights import load_network, save_weights
from pipeline.nets.build import build
from pipeline.nets.heads import Expectation, Head, Recognition, Regression
from pipeline.params.estimator import settings_class
from pipeline.params.network import Model
from pipeline.score_networks.network_task import NetworkTask, TrainedNetwork
from tests.pipeline.training.material import CLIP, FINETUNE, MODEL, write_sequence

FRAME_MODEL = MODEL.model_copy(update={"name": "resnet50", "width": 0.125})
SETTINGS = settings_class("clip_network")()

Kind = type[NetworkEstimator]
MODELS: dict[Kind, Model] = {ClipNetwork: MODEL, FrameExpectation: FRAME_MODEL}
HEADS: dict[Kind, Head] = {ClipNetwork: Regression(), FrameExpectation: Expectation(64)}
each_kind = pytest.mark.parametrize("kind", [ClipNetwork, FrameExpectation])


@pytest.fixture
def split(tmp_path: Path) -> Split:
    """Three fitted recordings with the scores 2, 10 and 18, and a validated one."""
    recordings = [
        ScoredRecording(write_sequence(tmp_path / f"r{n}", [10 + n, 9], seed=n), 2.0 + 8 * n, f"s{n}") for n in range(4)
    ]
    return Split(tuple(recordings[:3]), tuple(recordings[3:]))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "model").mkdir()
    return tmp_path / "model"


class _Training:
    """Stands in for the training engine: it notes the tasks, and returns weights of seed 99."""

    def __init__(self) -> None:
        self.tasks: list[NetworkTask] = []

    def __call__(self, task: NetworkTask) -> TrainedNetwork:
        self.tasks.append(replace(task, network=copy.deepcopy(task.network)))
        assert task.description.head is not None
        weights = build(task.description.model, task.description.head, seed=99).state_dict()
        return TrainedNetwork(weights, {"best": {"epoch": 2, "rmse": 8.5}})


def _fit(
    kind: Kind, split: Split, initial_weights: Path | None = None, **finetune: Any
) -> tuple[NetworkEstimator, NetworkTask]:
    """Fit an estimator with a training that does nothing; return it and what it asked to be trained."""
    training, settings = _Training(), FINETUNE.model_copy(update=finetune)
    estimator = kind(SETTINGS)
    network = NetworkContext(MODELS[kind], settings, initial_weights, training)
    estimator.fit(split, FitContext(CLIP, settings.seed, ComputedFeatures({}), (0, 63), network))
    (task,) = training.tasks
    return estimator, task


def test_a_clip_network_learns_standardised_scores_of_clips(split: Split) -> None:
    _, task = _fit(ClipNetwork, split)
    assert task.description == Description(MODEL, Regression(), 8, Target(10.0, float(np.std([2, 10, 18]))))
    assert [(folder.name, score) for folder, score in task.fitted] == [("r0", 2.0), ("r1", 10.0), ("r2", 18.0)]
    assert [(folder.name, score) for folder, score in task.validated] == [("r3", 26.0)]
    assert (task.length, task.absent) == (8, "skip")


def test_a_clip_network_can_learn_points(split: Split) -> None:
    assert _fit(ClipNetwork, split, standardise=False)[1].description.target == Target(0.0, 1.0)


def test_a_frame_network_learns_a_distribution_over_all_scores(split: Split) -> None:
    _, task = _fit(FrameExpectation, split)
    assert task.description == Description(FRAME_MODEL, Expectation(64), 1)
    assert task.network(torch.zeros(2, 3, 1, 32, 32)).shape == (2, 64)
    assert task.length == 1


@each_kind
def test_initial_weights_depend_on_the_seed_alone(split: Split, kind: Kind) -> None:
    weights, repeated, different = (_fit(kind, split, seed=seed)[1].network.state_dict() for seed in (5, 5, 6))
    assert [name for name in weights if not torch.equal(weights[name], repeated[name])] == []
    assert not torch.equal(weights["head.last.weight"], different["head.last.weight"])


@each_kind
def test_the_backbone_is_loaded_and_the_head_is_new(folder: Path, split: Split, kind: Kind) -> None:
    model = MODELS[kind]
    pretrained = build(model, Recognition(6), seed=77).state_dict()
    save_weights(folder, pretrained, Description(model, Recognition(6), 8))
    weights = _fit(kind, split, folder)[1].network.state_dict()
    initial = _fit(kind, split)[1].network.state_dict()
    for name, tensor in weights.items():
        assert torch.equal(tensor, pretrained[name] if name.startswith("backbone.") else initial[name]), name


@each_kind
def test_the_trained_weights_are_saved_and_loaded(folder: Path, split: Split, kind: Kind) -> None:
    estimator, task = _fit(kind, split)
    estimator.save(folder)
    network, description = load_network(folder)
    expected = build(MODELS[kind], HEADS[kind], seed=99).state_dict()
    assert [name for name, tensor in network.state_dict().items() if not torch.equal(tensor, expected[name])] == []
    assert description.history == {"best": {"epoch": 2, "rmse": 8.5}}
    assert (description.head, description.clip) == (HEADS[kind], task.length)
    assert description.target == task.description.target
    recordings = [recording.folder for recording in split.fitted]
    estimates = _estimates(estimator, recordings)
    assert len(set(estimates)) == 3
    assert _estimates(kind.load(folder, SETTINGS), recordings) == estimates


def _estimates(estimator: NetworkEstimator, recordings: Sequence[Path]) -> list[float | None]:
    estimates = estimator.predict(recordings, PredictContext("skip", ComputedFeatures({})))
    return [estimate.score for estimate in estimates]


@pytest.mark.parametrize(("kind", "other"), [(ClipNetwork, FrameExpectation), (FrameExpectation, ClipNetwork)])
def test_weights_with_the_head_of_another_estimator_are_refused(
    folder: Path, split: Split, kind: Kind, other: Kind
) -> None:
    _fit(other, split)[0].save(folder)
    with pytest.raises(WeightsError, match=r"weights with the head .*; allowed: "):
        kind.load(folder, SETTINGS)


def test_an_estimator_that_is_not_fitted_says_so(folder: Path) -> None:
    estimator = ClipNetwork(SETTINGS)
    with pytest.raises(ValueError, match="not fitted; call fit or load first"):
        estimator.save(folder)
    with pytest.raises(ValueError, match="not fitted; call fit or load first"):
        estimator.scorer()
