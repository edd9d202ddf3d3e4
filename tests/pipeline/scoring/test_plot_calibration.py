"""Tests of score against estimate: the points, the regression and what the caption says of it."""

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import linregress

from pipeline.scoring.plot_calibration import calibration_figure, write_calibration_figure
from pipeline.scoring.summary import summarise
from pipeline.severity.scale import scale_of
from tests.pipeline.scoring.material import prediction, subgroups

CONSTANT = 15.0


def test_points_regression_and_caption() -> None:
    generator = np.random.default_rng(0)
    scores = generator.integers(0, 50, 24).astype(float)
    estimates = 15 + 0.6 * (scores - 15) + generator.normal(0, 5, 24)
    predictions = [
        prediction(f"r{n}", score, estimate, seen=n < 8)
        for n, (score, estimate) in enumerate(zip(scores.tolist(), estimates.tolist(), strict=True))
    ]
    summary = summarise(subgroups(predictions, CONSTANT), scale_of())[0]
    figure = calibration_figure([*predictions, prediction("unscored", None, 3.0)], summary, scale_of())
    axes = figure.axes[0]
    points = {str(item.get_label()): item for item in axes.collections}
    seen = np.asarray(points["subject seen in fitting"].get_offsets())
    np.testing.assert_allclose(seen, np.stack([estimates[:8], scores[:8]], -1))
    expected = linregress(estimates, scores)
    lines = {str(line.get_label()): line for line in axes.lines}
    x, y = (np.asarray(part) for part in (lines["regression"].get_xdata(), lines["regression"].get_ydata()))
    assert (x.min(), x.max()) == (estimates.min(), estimates.max())
    np.testing.assert_allclose(y, expected.intercept + expected.slope * x)
    caption = figure.texts[0].get_text().replace("\n", " ")
    assert f"Slope {expected.slope:.2f} (" in caption
    assert f"intercept {expected.intercept:.2f} (" in caption
    r = np.corrcoef(scores, estimates)[0, 1]
    assert f"that of the scores: {np.std(estimates) / np.std(scores):.2f}; calibrated: r, {r:.2f}." in caption


@pytest.mark.parametrize("scores", [[], [12.0]])
def test_too_few_videos_are_drawn_without_a_regression(tmp_path: Path, scores: list[float]) -> None:
    predictions = [prediction("r1", score, score + 60) for score in scores]
    summary = next(iter(summarise(subgroups(predictions, CONSTANT), scale_of())), None)
    axes = calibration_figure(predictions, summary, scale_of()).axes[0]
    assert "regression" not in {str(line.get_label()) for line in axes.lines}
    assert not scores or axes.get_xlim()[1] > 72
    write_calibration_figure(tmp_path / "calibration.png", predictions, summary, scale_of())
    assert (tmp_path / "calibration.png").stat().st_size > 10_000
