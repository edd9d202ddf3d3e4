"""Motion statistics: how much a face differs from itself some frames later, and ridge regression.

A hand-made measure of how fast a person moves: what it reads is a floor for networks. A face differs the more from
itself the more frames have passed, until it moves within its usual range. A slow face takes more frames for that, so
the growth of the difference over the lag shows speed, whatever the range and the contrast are.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float64

from pipeline.data.frame_order import FrameOrder
from pipeline.descriptors.face_regions import REGIONS
from pipeline.descriptors.motion import clip_motion
from pipeline.estimators.array_estimator import ArrayEstimator
from pipeline.estimators.protocol import Arrays, Features, FitContext, PredictContext, Split
from pipeline.models.files import Shape
from pipeline.params.estimator import MotionStatistics as MotionStatisticsSettings
from pipeline.params.network import Clip
from pipeline.records.estimates import SpanEstimate, VideoEstimate
from pipeline.records.scored_recording import ScoredRecording
from pipeline.regressors.ridge import RidgeRegression, select_ridge

STILL = 1e-6  # the least squared difference: about what rounding to 256 levels leaves of a face that does not move

Scored = tuple[Float64[np.ndarray, "recordings features"], Float64[np.ndarray, " recordings"], list[str]]


def motion_features(
    differences: Float64[np.ndarray, "recordings regions lags"],
) -> Float64[np.ndarray, "recordings features"]:
    """Return the logarithm of the difference at each lag (level), and of its ratio to that at lag 1 (growth).

    Differences below `STILL` count as `STILL`, so a face that does not move has finite features, and no growth. NaN
    stays NaN. Growth is a difference of levels, so a regression without a penalty would not need it. With a penalty it
    counts: levels of one person are alike at all lags, and a weight on their small differences would be a large one.

    Examples:
        >>> motion_features(np.exp([[[1.0, 3.0, 4.0], [2.0, 2.0, 1.0]]])).round(6).tolist()
        [[1.0, 3.0, 4.0, 2.0, 2.0, 1.0, 2.0, 3.0, 0.0, -1.0]]
    """
    level = np.log(np.maximum(differences, STILL))
    growth = level[..., 1:] - level[..., :1]
    return np.concatenate([part.reshape(len(part), part.shape[1] * part.shape[2]) for part in (level, growth)], axis=1)


class MotionStatistics(ArrayEstimator):
    """Estimates a whole recording at once, from the differences of frames within the clips that cover it."""

    settings: MotionStatisticsSettings

    @classmethod
    def span_length(cls, clip: Clip) -> int:
        """Return the number of frames of a clip: it can use the recordings that a network of clips can use."""
        return clip.length

    def fit(self, split: Split, context: FitContext) -> None:
        """Choose the penalty on the validated recordings, or on folds of the fitted subjects, and fit.

        Raises:
            ValueError: if no fitted recording has two frames with a face in one clip.
        """
        features, scores, subjects = self._scored(split.fitted, context)
        if not subjects:
            raise ValueError(
                f"motion_statistics: none of {len(split.fitted)} recordings to fit has two frames with a face in one "
                "clip; allowed: at least one"
            )
        validated = self._scored(split.validated, context)[:2]
        ridge = select_ridge(features, scores, subjects, self.settings.penalties, self.settings.folds, validated)
        self.arrays = {**ridge.to_arrays(), "clip_length": np.array(context.clip.length, np.int64)}

    def predict(self, recordings: Sequence[Path], context: PredictContext) -> list[VideoEstimate]:
        """Estimate each recording by one span for each phase, over the whole of it."""
        ridge, length = RidgeRegression.from_arrays(self.arrays, "motion_statistics"), int(self.arrays["clip_length"])
        motions = self._motions(recordings, context.features, length, context.absent, context.order, context.phases)
        return [
            VideoEstimate(folder.name, self._spans(ridge, motion))
            for folder, motion in zip(recordings, motions, strict=True)
        ]

    def check(self, source: str) -> None:
        """Check the arrays of the regression."""
        RidgeRegression.from_arrays(self.arrays, source)

    def shapes(self) -> dict[str, Shape]:
        """Return the shapes of the arrays of the regression, and of the length of the clips that it was fitted to."""
        features = len(REGIONS) * (2 * self.settings.lags - 1)
        by_feature: dict[str, Shape] = dict.fromkeys(("mean", "scale", "weights"), (features,))
        return {**by_feature, "intercept": (), "penalty": (), "clip_length": ()}

    def _scored(self, recordings: Sequence[ScoredRecording], context: FitContext) -> Scored:
        """Return the features of the first phase, the score and the subject of each recording that has a pair."""
        clip, order = context.clip, FrameOrder(context.clip.order, context.seed)
        folders = [item.folder for item in recordings]
        motions = self._motions(folders, context.features, clip.length, clip.absent, order, 1)
        pairs = [(item, motion) for item, motion in zip(recordings, motions, strict=True) if motion["pairs"].any()]
        differences = np.array([motion["differences"][0] for _, motion in pairs], np.float64)
        features = motion_features(differences.reshape(-1, len(REGIONS), self.settings.lags))
        return features, np.array([item.score for item, _ in pairs], np.float64), [item.subject for item, _ in pairs]

    def _spans(self, ridge: RidgeRegression, motion: Arrays) -> tuple[SpanEstimate, ...]:
        """Return a span for each phase that has a pair of frames."""
        phases = np.flatnonzero(motion["pairs"].any(axis=1))
        estimates = ridge.predict(motion_features(motion["differences"][phases]))
        return tuple(
            SpanEstimate(phase, 0, int(motion["lengths"][phase]), int(motion["frames"][phase]), estimate)
            for phase, estimate in zip(phases.tolist(), estimates.tolist(), strict=True)
        )

    def _motions(
        self, recordings: Sequence[Path], features: Features, length: int, absent: str, order: FrameOrder, phases: int
    ) -> list[Arrays]:
        """Return what `clip_motion` returns for each recording."""
        seed = order.seed if order.name == "shuffled" else 0  # the others draw nothing: one key for every seed
        return features(
            "motion",
            "sequences",
            clip_motion,
            recordings,
            side=self.settings.side,
            lags=self.settings.lags,
            length=length,
            absent=absent,
            order=order.name,
            seed=seed,
            phases=phases,
        )
