"""LPQ and SVR: local phase quantisation in regions of the face, and support vector regression of each recording.

The video baseline of AVEC2013 (M. Valstar et al., "AVEC 2013: The Continuous Audio/Visual Emotion and Depression
Recognition Challenge", AVEC 2013): histograms of LPQ codes in 4 x 4 regions of the face, and epsilon-SVR. The mean over
segments of 20 s and then over the video, and the histogram intersection kernel, are recalled, not read. The window and
the choice of C and epsilon are our defaults.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float64

from pipeline.descriptors.lpq import CODES
from pipeline.descriptors.lpq_segments import lpq_segments
from pipeline.estimators.array_estimator import ArrayEstimator
from pipeline.estimators.protocol import Arrays, Features, FitContext, PredictContext, Split
from pipeline.models.files import Shape
from pipeline.params.estimator import LpqSvr as LpqSvrSettings
from pipeline.params.network import Clip
from pipeline.records.estimates import SpanEstimate, VideoEstimate
from pipeline.regressors.svr import SupportVectorRegression, select_svr


class LpqSvr(ArrayEstimator):
    """Estimates a whole recording at once, from the mean descriptor of its segments; it sees no order of frames."""

    settings: LpqSvrSettings

    @classmethod
    def span_length(cls, clip: Clip) -> int:
        """Return 1: a single frame with a face suffices."""
        return 1

    def fit(self, split: Split, context: FitContext) -> None:
        """Choose C and epsilon on the validated recordings, or on folds of the fitted subjects, and fit."""
        fitted, validated = (
            (
                self._means(self._segments([item.folder for item in part], 0, context.features)),
                np.array([item.score for item in part], np.float64),
            )
            for part in (split.fitted, split.validated)
        )
        selected = select_svr(
            *fitted,
            [item.subject for item in split.fitted],
            validated if split.validated else None,
            self.settings.costs,
            self.settings.epsilons,
            self.settings.folds,
        )
        self.arrays = selected.regression.to_arrays()

    def predict(self, recordings: Sequence[Path], context: PredictContext) -> list[VideoEstimate]:
        """Estimate each recording by one span for each phase, over the whole of it.

        Raises:
            ValueError: if the order of frames is `frozen`: there are no clips whose middle frame could be repeated.
        """
        if context.order.name == "frozen":
            raise ValueError("lpq_svr sees no clips: allowed for evaluate.order: recorded, shuffled, reversed")
        regression = SupportVectorRegression.from_arrays(self.arrays, "lpq_svr")
        spans: dict[str, list[SpanEstimate]] = {folder.name: [] for folder in recordings}
        for phase in range(context.phases):
            for folder, part in zip(recordings, self._segments(recordings, phase, context.features), strict=True):
                if faces := int(part["frames"].sum()):
                    score = float(regression.predict(self._means([part]))[0])
                    spans[folder.name].append(SpanEstimate(phase, 0, int(part["length"]), faces, score))
        return [VideoEstimate(name, tuple(own)) for name, own in spans.items()]

    def check(self, source: str) -> None:
        """Check the arrays of the regression."""
        SupportVectorRegression.from_arrays(self.arrays, source)

    def shapes(self) -> dict[str, Shape]:
        """Return the shapes of the support vectors, of their coefficients and of the intercept."""
        return {"support_vectors": (None, self.settings.grid**2 * CODES), "coefficients": (None,), "intercept": ()}

    def _segments(self, recordings: Sequence[Path], phase: int, features: Features) -> list[Arrays]:
        """Return what `lpq_segments` returns for a phase of each recording."""
        settings = {"window": self.settings.window, "grid": self.settings.grid, "seconds": self.settings.segment}
        return features("lpq", "sequences", lpq_segments, recordings, **settings, phase=phase)

    def _means(self, parts: Sequence[Arrays]) -> Float64[np.ndarray, "recordings bins"]:
        """Return the mean over the segments of each recording; zeros for one without a face."""
        bins = self.settings.grid**2 * CODES
        means = np.zeros((len(parts), bins))
        for mean, part in zip(means, parts, strict=True):
            if len(part["frames"]):
                mean[:] = part["histograms"].mean(axis=0, dtype=np.float64)
        return means
