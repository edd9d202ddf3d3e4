"""Estimates of the baselines that see no behaviour: ridge regressions on what `RecordingView` has of a recording.

They are fitted to the recordings that the model is fitted to. A recording without a frame of a face gets the mean score
of these as its estimate from one frame.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from pipeline.baselines.recording_view import RecordingView
from pipeline.baselines.video_measures import MEASURES, METADATA
from pipeline.params.evaluation import Baselines
from pipeline.records.baseline_estimates import BaselineEstimates
from pipeline.records.labels import Label
from pipeline.regressors.ridge import RidgeRegression, select_ridge

Features = Float64[np.ndarray, "recordings features"]
MEASURES_OF = {"metadata": tuple(METADATA), "file_size": MEASURES}  # by baseline


@dataclass(frozen=True)
class FittedBaselines:
    """The estimates of all baselines, and what those of the video file rest on.

    Attributes:
        estimates: points, by baseline and recording; of the recordings that were not fitted.
        weights: points per standard deviation, by baseline and measure.
    """

    estimates: BaselineEstimates
    weights: Mapping[str, Mapping[str, float]]


def estimate_baselines(views: Sequence[RecordingView], fitted: Sequence[Label], settings: Baselines) -> FittedBaselines:
    """Fit the baselines, and estimate the recordings that were not fitted.

    Args:
        views: of all recordings.
        fitted: labels of the recordings that the model is fitted to; each has a score. Those without a view (broken
            videos) are left out.
        settings: the section `baselines` of params.yaml.

    Raises:
        ValueError: if no fitted recording is among `views`.
    """
    by_name = {view.recording: view for view in views}
    labels = [label for label in fitted if label.recording in by_name]
    if not labels:
        raise ValueError("none of the fitted recordings could be decoded and aligned; the baselines need at least one")
    known = [by_name[label.recording] for label in labels]
    names = {label.recording for label in labels}
    others = [view for view in views if view.recording not in names]
    estimates, weights = {}, {}
    for baseline, measures in MEASURES_OF.items():
        ridge = _fit(_table(known, measures), labels, settings)
        estimates[baseline] = _estimate(ridge, others, _table(others, measures))
        weights[baseline] = dict(zip(measures, ridge.weights.tolist(), strict=True))
    estimates["one_frame"] = _estimate_from_frames(known, labels, others, settings)
    return FittedBaselines(estimates, weights)


def _estimate_from_frames(
    known: Sequence[RecordingView], labels: Sequence[Label], others: Sequence[RecordingView], settings: Baselines
) -> dict[str, float]:
    estimates = dict.fromkeys((view.recording for view in others), float(_scores(labels).mean()))
    fitted = [label for view, label in zip(known, labels, strict=True) if view.descriptor is not None]
    seen = [view for view in others if view.descriptor is not None]
    if fitted:
        ridge = _fit(_descriptors(known), fitted, settings)
        estimates |= _estimate(ridge, seen, _descriptors(seen))
    return estimates


def _fit(features: Features, labels: Sequence[Label], settings: Baselines) -> RidgeRegression:
    subjects = [label.subject for label in labels]
    return select_ridge(features, _scores(labels), subjects, settings.penalties, settings.folds)


def _estimate(ridge: RidgeRegression, views: Sequence[RecordingView], features: Features) -> dict[str, float]:
    estimates = ridge.predict(features).tolist() if views else []
    return {view.recording: estimate for view, estimate in zip(views, estimates, strict=True)}


def _scores(labels: Sequence[Label]) -> Float64[np.ndarray, " recordings"]:
    return np.array([label.score for label in labels], np.float64)


def _table(views: Sequence[RecordingView], measures: Sequence[str]) -> Features:
    return np.array([[view.measures[name] for name in measures] for view in views], np.float64)


def _descriptors(views: Sequence[RecordingView]) -> Features:
    """Return the descriptors of the recordings that have one."""
    return np.array([view.descriptor for view in views if view.descriptor is not None], np.float64)
