"""Tests of error against score: the trend against SciPy's, and the figure."""

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import linregress

from pipeline.scoring.plot_error import error_figure, fit_trend, write_error_figure
from pipeline.scoring.prediction_tables import Prediction
from pipeline.scoring.summary import summarise
from pipeline.severity.scale import scale_of
from tests.pipeline.scoring.material import prediction, subgroups

CONSTANT = 15.0


@pytest.fixture
def predictions() -> list[Prediction]:
    generator = np.random.default_rng(0)
    scores = generator.integers(0, 50, 24).astype(float)
    return [
        prediction(f"r{n}", score, float(15 + 0.6 * (score - 15) + generator.normal(0, 5)), seen=n < 8)
        for n, score in enumerate(scores)
    ]


def test_the_trend_equals_scipys() -> None:
    generator = np.random.default_rng(1)
    truth, error = generator.normal(20, 9, 40), generator.normal(0, 5, 40)
    expected = linregress(truth, error)
    assert fit_trend(truth, error) == pytest.approx((expected.intercept, expected.slope))


def test_the_error_of_a_constant_falls_by_one_per_point_of_score() -> None:
    truth = np.array([0.0, 10, 40])
    assert fit_trend(truth, 15 - truth) == pytest.approx((15, -1))
    assert fit_trend(np.full(3, 7.0), truth) is None


def test_every_error_is_a_point_and_the_lines_are_drawn(predictions: list[Prediction]) -> None:
    summary = summarise(subgroups(predictions, CONSTANT), scale_of())[0]
    figure = error_figure([*predictions, prediction("unscored", None, 3.0)], CONSTANT, summary, scale_of())
    axes = figure.axes[0]
    groups = {str(points.get_label()): np.asarray(points.get_offsets()) for points in axes.collections}
    for label, seen in (("subject not seen in fitting", False), ("subject seen in fitting", True)):
        group = [item for item in predictions if item.seen is seen]
        expected = [((item.score or 0.0), item.estimate - (item.score or 0.0)) for item in group]
        np.testing.assert_allclose(groups[label], expected)
    lines = {str(line.get_label()): line for line in axes.lines}
    x, y = (np.asarray(part) for part in (lines["constant, 15.0"].get_xdata(), lines["constant, 15.0"].get_ydata()))
    np.testing.assert_allclose(x + y, 15)
    truth = np.array([item.score or 0.0 for item in predictions])
    slope = linregress(truth, [item.estimate - (item.score or 0.0) for item in predictions]).slope
    x, y = (np.asarray(part) for part in (lines["trend"].get_xdata(), lines["trend"].get_ydata()))
    assert x.tolist() == [truth.min(), truth.max()]
    assert np.diff(y)[0] / np.diff(x)[0] == pytest.approx(slope)
    caption = figure.texts[0].get_text().replace("\n", " ")
    r = np.corrcoef(truth, [item.estimate for item in predictions])[0, 1]
    sentence = f"changes by {slope:+.2f} (a calibrated model with this r: {r**2 - 1:+.2f}; the constant: -1.00)"
    assert sentence in caption
    assert f"over that of the scores: {summary.metrics['model', 'spread'].value:.2f} (" in caption


@pytest.mark.parametrize("scores", [[], [12.0]])
def test_too_few_videos_are_drawn_without_a_trend(tmp_path: Path, scores: list[float]) -> None:
    predictions = [prediction("r1", score, score + 40) for score in scores]
    summary = next(iter(summarise(subgroups(predictions, CONSTANT), scale_of())), None)
    figure = error_figure(predictions, CONSTANT, summary, scale_of())
    assert "trend" not in {str(line.get_label()) for line in figure.axes[0].lines}
    assert not scores or figure.axes[0].get_ylim()[1] > 40
    write_error_figure(tmp_path / "error.png", predictions, CONSTANT, summary, scale_of())
    assert (tmp_path / "error.png").stat().st_size > 10_000
