"""Error against score: shows how far a model's estimates shrink to the middle of the scale.

Estimates of a calibrated model shrink, too: what a video does not tell is not in its estimate. Its errors then fall by
1 - r^2 for each point of score, because scores on estimates have slope 1 and estimates on scores have slope r^2. The
caption names that slope; `pipeline.scoring.plot_calibration` shows the calibration itself.
"""

import textwrap
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from pipeline.png import write_png
from pipeline.scoring.plot_style import (
    CAPTION_LENGTH,
    DPI,
    error_limit,
    margin,
    names_height,
    new_plot,
    scatter_videos,
    shade_bands,
)
from pipeline.scoring.prediction_tables import Prediction
from pipeline.scoring.summary import Summary, truth_and_estimate
from pipeline.severity.scale import SeverityScale
from pipeline.statistics.interval import format_interval
from pipeline.statistics.statistic import Scores

WIDTH, HEIGHT = 6.4, 5.6  # inches
AXES = (0.7, 1.6, 5.5, 3.5)  # left, bottom, width, height, in inches


def write_error_figure(
    path: Path, predictions: Sequence[Prediction], constant: float, summary: Summary | None, scale: SeverityScale
) -> None:
    """Write `error_figure` as a PNG file."""
    write_png(path, lambda: error_figure(predictions, constant, summary, scale), DPI)


def fit_trend(truth: Scores, error: Scores) -> tuple[float, float] | None:
    """Return (intercept, slope) of the least-squares line through the errors; None if the truth does not vary."""
    if len(truth) < 2 or not np.ptp(truth):
        return None
    x = truth - truth.mean()
    slope = float(x @ error / (x @ x))
    return float(error.mean() - slope * truth.mean()), slope


def error_figure(
    predictions: Sequence[Prediction], constant: float, summary: Summary | None, scale: SeverityScale
) -> Figure:
    """Draw estimate minus score against the score, with its trend and the line of the constant.

    Args:
        predictions: those without a score are ignored.
        constant: the constant baseline.
        summary: of all drawn videos, for the caption; None if there are none.
        scale: of the scores.
    """
    height = HEIGHT + names_height(scale)
    figure, axes = new_plot(WIDTH, height, AXES)
    scored = [item for item in predictions if item.score is not None]
    truth, estimate = truth_and_estimate(scored)
    limit = error_limit(estimate - truth, scale)
    low, high = scale.lowest - margin(scale), scale.highest + margin(scale)
    ends = np.array([low, high])
    axes.set(xlim=(low, high), ylim=(-limit, limit))
    axes.set(xlabel=f"{scale.name} score", ylabel="Estimate minus score")
    shade_bands(axes, low, high, scale)
    scatter_videos(axes, scored, lambda truth, estimate: (truth, estimate - truth))
    axes.axhline(0, color="black", lw=1, label="no error", zorder=2)
    axes.plot(ends, constant - ends, color="black", lw=1, ls=(0, (5, 4)), label=f"constant, {constant:.1f}", zorder=2)
    trend = fit_trend(truth, estimate - truth)
    if trend is not None:
        reach = np.array([truth.min(), truth.max()])  # no extrapolation
        axes.plot(reach, trend[0] + trend[1] * reach, color="black", lw=2.4, ls=(0, (1, 1)), label="trend", zorder=4)
    figure.legend(loc="upper center", bbox_to_anchor=(0.54, 1.17 / height), ncols=3, frameon=False, fontsize=8.5)
    figure.text(0.25 / WIDTH, 0.62 / height, _caption(summary, trend), va="top", fontsize=8.5, linespacing=1.3)
    return figure


def _caption(summary: Summary | None, trend: tuple[float, float] | None) -> str:
    if summary is None:
        return "No test video has a score."
    parts = [f"Test videos: {summary.videos}."]
    spread, r = summary.metrics.get(("model", "spread")), summary.metrics.get(("model", "pcc"))
    if trend is not None:
        expected = f"a calibrated model with this r: {r.value**2 - 1:+.2f}; " if r else ""
        parts.append(f"For each point of score the error changes by {trend[1]:+.2f} ({expected}the constant: -1.00).")
    if spread:
        expected = f"; calibrated: r, {r.value:.2f}" if r else ""
        ratio = format_interval(spread, "no interval")
        parts.append(f"Standard deviation of the estimates over that of the scores: {ratio}{expected}.")
    return textwrap.fill(" ".join(parts), CAPTION_LENGTH)
