"""Tests of the estimates of baselines: what they are fitted to, what they see, and what they do without it."""

import numpy as np
import pytest

from pipeline.baselines.estimates import FittedBaselines, estimate_baselines
from tests.pipeline.baselines.views import SETTINGS, label, view

SCORES = {f"f{number:02}": float(number) for number in range(20)}
FITTED = [label(name, score) for name, score in SCORES.items()]
MEAN = 9.5


def _estimate(brightness: float) -> FittedBaselines:
    """Estimate a recording of this brightness. Brightness is 3 times the score of the fitted recordings, plus 50."""
    views = [view(name, brightness=50 + 3 * score) for name, score in SCORES.items()]
    return estimate_baselines([*views, view("t", brightness=brightness)], FITTED, SETTINGS)


def test_a_measure_that_betrays_the_score_is_found_and_has_the_weight() -> None:
    fitted = _estimate(brightness=50 + 3 * 14)
    assert fitted.estimates["metadata"] == {"t": pytest.approx(14, abs=0.1)}
    assert fitted.estimates["file_size"] == {"t": pytest.approx(14, abs=0.1)}
    weights = dict(fitted.weights["metadata"])
    assert weights.pop("brightness") == pytest.approx(np.std(list(SCORES.values())), rel=0.05)
    assert set(weights.values()) == {0.0}


def test_the_size_of_the_file_is_seen_by_its_own_baseline_alone() -> None:
    views = [view(name, bytes_per_second=score) for name, score in SCORES.items()]
    fitted = estimate_baselines([*views, view("t", bytes_per_second=3.0)], FITTED, SETTINGS)
    assert fitted.estimates["metadata"]["t"] == pytest.approx(MEAN)
    assert fitted.estimates["file_size"]["t"] == pytest.approx(3, abs=0.1)


def test_a_measure_that_is_not_defined_moves_no_estimate() -> None:
    assert _estimate(brightness=np.nan).estimates["metadata"]["t"] == pytest.approx(MEAN)


def test_one_frame_is_seen_and_a_recording_without_a_face_gets_the_mean() -> None:
    views = [view(name, descriptor=[score, 1.0]) for name, score in SCORES.items()]
    others = [view("t", descriptor=[6.0, 1.0]), view("faceless")]
    estimates = estimate_baselines([*views, *others], FITTED, SETTINGS).estimates["one_frame"]
    assert estimates == {"t": pytest.approx(6, abs=0.1), "faceless": MEAN}


def test_without_any_fitted_face_one_frame_estimates_the_mean() -> None:
    views = [view(name) for name in SCORES]
    estimates = estimate_baselines([*views, view("t", descriptor=[6.0])], FITTED, SETTINGS).estimates["one_frame"]
    assert estimates == {"t": MEAN}


def test_broken_recordings_are_left_out_of_the_fit() -> None:
    broken = [label("broken", 60.0)]
    views = [view(name) for name in (*SCORES, "t")]
    fitted = estimate_baselines(views, [*FITTED, *broken], SETTINGS)
    assert fitted.estimates["metadata"]["t"] == pytest.approx(MEAN)
    with pytest.raises(ValueError, match="none of the fitted recordings could be decoded and aligned"):
        estimate_baselines(views, broken, SETTINGS)
