"""Motion statistics: they read the speed of faces, of unseen people, and nothing where the order of frames is lost."""

from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from pipeline.data.frame_order import FrameOrder
from pipeline.estimators.features import ComputedFeatures
from pipeline.estimators.motion_statistics import MotionStatistics, motion_features
from pipeline.estimators.protocol import FitContext, PredictContext, Split
from pipeline.params.estimator import MotionStatistics as Settings
from pipeline.params.network import Clip
from pipeline.records.scored_recording import ScoredRecording
from pipeline.severity.scale import scale_of
from tests.pipeline.training.material import CLIP, write_sequence

SETTINGS = Settings(side=16, lags=4, penalties=(0.001, 0.1, 10.0), folds=4)
FRAMES, SUBJECTS, SESSIONS = 48, 18, 2


def _moving_faces(score: float, contrast: float, phase: float) -> np.ndarray:
    """A pattern of waves that moves right, faster the higher the score: by 0.3 to 1 radian per frame."""
    angles = 2 * np.pi * np.arange(32) / 32 + phase - (0.3 + 0.7 * score / 45) * np.arange(FRAMES)[:, None]
    waves = 128 + contrast * np.sin(angles)
    return np.broadcast_to(waves[:, None, :, None], (FRAMES, 32, 32, 3)).round().astype(np.uint8)


def _corpus(folder: Path, shuffled: bool = False) -> list[ScoredRecording]:
    """Recordings of people of different contrast; `shuffled` are the same faces in any order."""
    random, corpus = np.random.default_rng(4), []
    for number in range(SUBJECTS * SESSIONS):
        score, subject = random.uniform(0, 45), number // SESSIONS
        faces = _moving_faces(score, 30.0 + 5 * subject, random.uniform(0, 6))
        order = random.permutation(FRAMES)
        sequence = write_sequence(folder / f"r{number:02d}", [FRAMES], faces=faces[order] if shuffled else faces)
        corpus.append(ScoredRecording(sequence, score, f"s{subject}"))
    return corpus


def _fit(
    fitted: list[ScoredRecording],
    settings: Settings = SETTINGS,
    clip: Clip = CLIP,
    validated: tuple[ScoredRecording, ...] = (),
) -> tuple[MotionStatistics, PredictContext]:
    features = ComputedFeatures({"sequences": fitted[0].folder.parent})
    estimator = MotionStatistics(settings)
    estimator.fit(Split(tuple(fitted), validated), FitContext(clip, 1, features, scale_of().score_range))
    return estimator, PredictContext(clip.absent, features)


def _scores(estimator: MotionStatistics, recordings: list[ScoredRecording], context: PredictContext) -> np.ndarray:
    estimates = estimator.predict([item.folder for item in recordings], context)
    return np.array([item.score for item in estimates], np.float64)


@pytest.mark.parametrize(("shuffled", "lowest", "highest"), [(False, 0.9, 1.0), (True, -0.6, 0.6)])
def test_speed_is_read_in_people_never_seen_and_not_in_shuffled_faces(
    tmp_path: Path, shuffled: bool, lowest: float, highest: float
) -> None:
    corpus = _corpus(tmp_path, shuffled)
    fitted, tested = corpus[:24], corpus[24:]
    assert {item.subject for item in fitted}.isdisjoint(item.subject for item in tested)
    estimator, context = _fit(fitted)
    truth = [item.score for item in tested]
    assert lowest < np.corrcoef(_scores(estimator, tested, context), truth)[0, 1] < highest


def test_frozen_clips_all_get_one_estimate_and_reversed_ones_their_own(tmp_path: Path) -> None:
    corpus = _corpus(tmp_path)[:8]
    estimator, context = _fit(corpus)
    recorded = _scores(estimator, corpus, context)
    assert _scores(estimator, corpus, replace(context, order=FrameOrder("reversed", 1))) == pytest.approx(recorded)
    frozen = _scores(estimator, corpus, replace(context, order=FrameOrder("frozen", 1)))
    assert np.isfinite(frozen).all()
    assert len(set(frozen.tolist())) == 1
    shuffled = _scores(estimator, corpus, replace(context, order=FrameOrder("shuffled", 1)))
    assert np.abs(shuffled - recorded).min() > 0


def test_a_face_that_never_moves_has_the_features_of_the_floor() -> None:
    features = motion_features(np.zeros((1, 3, 2)))
    assert features.tolist() == [pytest.approx([np.log(1e-6)] * 6 + [0.0] * 3)]
    assert motion_features(np.full((2, 3, 2), 1e-7)).tolist() == np.repeat(features, 2, axis=0).tolist()


def test_growth_does_not_depend_on_the_size_of_the_movement() -> None:
    differences = np.random.default_rng(1).uniform(0.01, 1, (1, 3, 4))
    small, large = motion_features(differences), motion_features(7 * differences)
    assert large[:, :12] == pytest.approx(small[:, :12] + np.log(7))
    assert large[:, 12:] == pytest.approx(small[:, 12:])
    assert large[0, 12] == pytest.approx(np.log(differences[0, 0, 1] / differences[0, 0, 0]))


def test_the_penalty_is_chosen_on_the_validated_recordings(tmp_path: Path) -> None:
    corpus = _corpus(tmp_path)
    fitted, validated = corpus[:10], tuple(corpus[10:16])
    errors = {}
    for penalty in SETTINGS.penalties:
        estimator, context = _fit(fitted, SETTINGS.model_copy(update={"penalties": (penalty,)}))
        difference = _scores(estimator, list(validated), context) - [item.score for item in validated]
        errors[penalty] = float(np.mean(difference**2)), estimator
    penalty, (_, best) = min(errors.items(), key=lambda pair: pair[1][0])
    chosen, _ = _fit(fitted, validated=validated)
    assert float(chosen.arrays["penalty"]) == pytest.approx(penalty)
    assert chosen.arrays["weights"] == pytest.approx(best.arrays["weights"])


def test_a_reloaded_estimator_estimates_as_before_in_clips_of_its_own_length(tmp_path: Path) -> None:
    corpus = _corpus(tmp_path / "sequences")[:8]
    estimator, context = _fit(corpus, clip=CLIP.model_copy(update={"length": 11}))
    (tmp_path / "model").mkdir()
    estimator.save(tmp_path / "model")
    loaded = MotionStatistics.load(tmp_path / "model", SETTINGS)
    assert _scores(loaded, corpus, context).tolist() == _scores(estimator, corpus, context).tolist()
    assert loaded.arrays["clip_length"] == 11


def test_phases_are_averaged(tmp_path: Path) -> None:
    corpus = [
        ScoredRecording(write_sequence(tmp_path / f"r{number}", [20, 18], seed=number), 5.0 * number, f"s{number}")
        for number in range(6)
    ]
    estimator, context = _fit(corpus)
    for video in estimator.predict([item.folder for item in corpus], replace(context, phases=2)):
        assert [(span.phase, span.start, span.length, span.weight) for span in video.spans] == [
            (0, 0, 20, 20),
            (1, 0, 18, 18),
        ]
        assert video.score == pytest.approx((20 * video.spans[0].estimate + 18 * video.spans[1].estimate) / 38)


class _Noting(ComputedFeatures):
    """Notes the settings that it is asked with."""

    asked: ClassVar[list[dict[str, Any]]] = []

    def compute(self, kind: str, function: Any, folders: Any, settings: Any) -> Any:
        self.asked.append(dict(settings))
        return super().compute(kind, function, folders, settings)


@pytest.mark.parametrize(("order", "is_shared"), [("recorded", True), ("shuffled", False)])
def test_features_in_a_fixed_order_are_the_same_items_for_every_seed(
    tmp_path: Path, order: str, is_shared: bool
) -> None:
    corpus = _corpus(tmp_path)[:4]
    features = _Noting({"sequences": tmp_path})
    _Noting.asked.clear()
    for seed in (1, 2):
        clip = CLIP.model_copy(update={"order": order})
        MotionStatistics(SETTINGS).fit(Split(tuple(corpus)), FitContext(clip, seed, features, scale_of().score_range))
    first, _, second, _ = _Noting.asked  # of the fitted and the validated recordings
    assert (first == second) is is_shared


def test_without_two_faces_in_any_clip_nothing_is_fitted(tmp_path: Path) -> None:
    corpus = [ScoredRecording(write_sequence(tmp_path / f"r{number}", [1]), 5.0, "s") for number in range(2)]
    with pytest.raises(ValueError, match="none of 2 recordings to fit has two frames with a face in one clip"):
        _fit(corpus)
    estimator, context = _fit(_corpus(tmp_path)[:4])
    assert estimator.predict([corpus[0].folder], context)[0].spans == ()


def test_arrays_that_do_not_fit_each_other_are_refused_with_their_file(tmp_path: Path) -> None:
    estimator, _ = _fit(_corpus(tmp_path / "sequences")[:4])
    (tmp_path / "model").mkdir()
    estimator.arrays["scale"][3] = 0
    estimator.save(tmp_path / "model")
    with pytest.raises(ValueError, match=r"model/weights\.safetensors: ridge regression: a scale of 0; allowed: above"):
        MotionStatistics.load(tmp_path / "model", SETTINGS)
