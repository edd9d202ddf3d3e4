"""LPQ + SVR: the estimates are scikit-learn's own, and the choice of C and epsilon sees no tested recording."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.svm import SVR

from pipeline.data.frame_order import FrameOrder
from pipeline.descriptors.lpq_segments import lpq_segments
from pipeline.estimators.features import ComputedFeatures
from pipeline.estimators.lpq_svr import LpqSvr
from pipeline.estimators.protocol import FitContext, PredictContext, Split
from pipeline.params.estimator import LpqSvr as Settings
from pipeline.records.scored_recording import ScoredRecording
from pipeline.severity.scale import scale_of
from tests.pipeline.training.material import CLIP, write_sequence

SETTINGS = Settings(window=5, grid=2, segment=2.0, costs=(8.0,), epsilons=(0.1,), folds=2)
SCORES = [3.0, 9.0, 21.0, 30.0, 12.0, 40.0]


@pytest.fixture
def recordings(tmp_path: Path) -> list[Path]:
    return [write_sequence(tmp_path / f"r{number}", [20], seed=number) for number in range(9)]


def _fitted(recordings: list[Path], settings: Settings = SETTINGS, validated: int = 0) -> tuple[LpqSvr, PredictContext]:
    scored = [
        ScoredRecording(folder, score, f"s{number // 2}")
        for number, (folder, score) in enumerate(zip(recordings, SCORES, strict=False))
    ]
    features = ComputedFeatures({"sequences": recordings[0].parent})
    split = Split(tuple(scored[validated:]), tuple(scored[:validated]))
    estimator = LpqSvr(settings)
    estimator.fit(split, FitContext(CLIP, 1, features, scale_of().score_range))
    return estimator, PredictContext("skip", features)


def test_a_reloaded_estimator_estimates_as_scikit_learn(recordings: list[Path], tmp_path: Path) -> None:
    estimator, context = _fitted(recordings)
    (tmp_path / "model").mkdir()
    estimator.save(tmp_path / "model")
    estimates = LpqSvr.load(tmp_path / "model", SETTINGS).predict(recordings, context)

    means = np.array(
        [lpq_segments(folder, 5, 2, 2.0)["histograms"].astype(float).mean(axis=0) for folder in recordings]
    )
    reference = SVR(kernel=lambda a, b: np.minimum(a[:, None], b[None]).sum(-1), C=8.0, epsilon=0.1)
    reference.fit(means[: len(SCORES)], SCORES)
    assert [item.score for item in estimates] == pytest.approx(reference.predict(means).tolist(), abs=1e-9)


def test_c_and_epsilon_are_chosen_on_the_validated_recordings(recordings: list[Path]) -> None:
    choices = {"costs": (0.03125, 8.0), "epsilons": (0.1, 20.0)}
    settings = SETTINGS.model_copy(update=choices)
    errors = {}
    for cost in choices["costs"]:
        for epsilon in choices["epsilons"]:
            fixed = SETTINGS.model_copy(update={"costs": (cost,), "epsilons": (epsilon,)})
            estimator, context = _fitted(recordings, fixed, validated=2)
            estimates = [item.score or 0.0 for item in estimator.predict(recordings[:2], context)]
            errors[cost, epsilon] = float(np.mean((np.array(estimates) - SCORES[:2]) ** 2)), estimator
    best = min(errors.values(), key=lambda pair: pair[0])[1]
    chosen, _ = _fitted(recordings, settings, validated=2)
    assert {name: array.tolist() for name, array in chosen.arrays.items()} == {
        name: array.tolist() for name, array in best.arrays.items()
    }


def test_the_order_of_frames_changes_nothing_and_a_frozen_one_is_refused(recordings: list[Path]) -> None:
    estimator, context = _fitted(recordings)
    shuffled = PredictContext("skip", context.features, order=FrameOrder("shuffled", 1))
    assert estimator.predict(recordings, shuffled) == estimator.predict(recordings, context)
    frozen = PredictContext("skip", context.features, order=FrameOrder("frozen", 1))
    with pytest.raises(ValueError, match=r"allowed for evaluate\.order: recorded, shuffled, reversed"):
        estimator.predict(recordings, frozen)


def test_an_estimator_that_is_not_fitted_saves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not fitted"):
        LpqSvr(SETTINGS).save(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_phases_are_averaged(tmp_path: Path) -> None:
    recordings = [write_sequence(tmp_path / f"r{number}", [20, 18], seed=number) for number in range(6)]
    estimator, context = _fitted(recordings)
    both = estimator.predict(recordings, replace(context, phases=2))
    first = estimator.predict(recordings, context)
    for video, alone in zip(both, first, strict=True):
        assert [(span.phase, span.length, span.weight) for span in video.spans] == [(0, 20, 20), (1, 18, 18)]
        assert video.spans[0] == alone.spans[0]
        assert video.spans[1].estimate != video.spans[0].estimate
        expected = (20 * video.spans[0].estimate + 18 * video.spans[1].estimate) / 38
        assert video.score == pytest.approx(expected)


def test_arrays_that_do_not_fit_each_other_are_refused_with_their_file(recordings: list[Path], tmp_path: Path) -> None:
    estimator, _ = _fitted(recordings)
    (tmp_path / "model").mkdir()
    estimator.arrays["coefficients"] = np.append(estimator.arrays["coefficients"], 0.5)
    estimator.save(tmp_path / "model")
    with pytest.raises(ValueError, match=r"model/weights\.safetensors: .*coefficients"):
        LpqSvr.load(tmp_path / "model", SETTINGS)
