"""Score against estimate: whether an estimate may be taken at its word.

An estimate is calibrated if people with that estimate have that score on average: the regression of scores on estimates
is the line of equality. Estimates of a calibrated model vary less than scores, by the factor r, because what cannot be
told from the video is not in the estimate; that is no fault. A slope below 1 says that the estimates are too far from
each other, a slope above 1 that they are too close (Van Calster and others, BMC Medicine 17, 2019).
"""

import textwrap
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from pipeline.png import write_png
from pipeline.scoring.calibration_band import calibration_band
from pipeline.scoring.plot_style import CAPTION_LENGTH, DPI, INTERVAL_COLOUR, margin, new_plot, scatter_videos
from pipeline.scoring.prediction_tables import Prediction
from pipeline.scoring.summary import Summary, truth_and_estimate
from pipeline.severity.scale import SeverityScale
from pipeline.statistics.interval import format_interval

WIDTH, HEIGHT = 6.4, 7.5  # inches
AXES = (0.7, 1.75, 5.5, 5.5)  # left, bottom, width, height, in inches
STEPS = 101  # points of the regression line and its band


def write_calibration_figure(
    path: Path, predictions: Sequence[Prediction], summary: Summary | None, scale: SeverityScale
) -> None:
    """Write `calibration_figure` as a PNG file."""
    write_png(path, lambda: calibration_figure(predictions, summary, scale), DPI)


def calibration_figure(predictions: Sequence[Prediction], summary: Summary | None, scale: SeverityScale) -> Figure:
    """Draw score against estimate, the regression of scores on estimates with its 95 % band, and the line of equality.

    Args:
        predictions: those without a score are ignored.
        summary: of all drawn videos, for the caption; None if there are none.
        scale: of the scores.
    """
    figure, axes = new_plot(WIDTH, HEIGHT, AXES)
    scored = [item for item in predictions if item.score is not None]
    truth, estimate = truth_and_estimate(scored)
    beyond = margin(scale)
    low = min([scale.lowest, *estimate.tolist()]) - beyond
    high = max([scale.highest, *estimate.tolist()]) + beyond
    axes.set(xlim=(low, high), ylim=(scale.lowest - beyond, scale.highest + beyond))
    axes.set(xlabel=f"Estimated {scale.name} score", ylabel=f"{scale.name} score")
    scatter_videos(axes, scored, lambda truth, estimate: (estimate, truth))
    axes.plot([low, high], [low, high], color="black", lw=1, label="score equals estimate", zorder=2)
    if len(scored) > 1 and np.ptp(estimate):
        places = np.linspace(estimate.min(), estimate.max(), STEPS)  # no extrapolation
        line, lower, upper = calibration_band(truth, estimate, [item.subject for item in scored], places)
        axes.fill_between(places, lower, upper, color=INTERVAL_COLOUR, lw=0, alpha=0.6, label="95 % band", zorder=1)
        axes.plot(places, line, color="black", lw=2.4, ls=(0, (1, 1)), label="regression", zorder=4)
    figure.legend(loc="upper center", bbox_to_anchor=(0.54, 1.3 / HEIGHT), ncols=2, frameon=False, fontsize=8.5)
    figure.text(0.25 / WIDTH, 0.6 / HEIGHT, _caption(summary), va="top", fontsize=8.5, linespacing=1.3)
    return figure


def _caption(summary: Summary | None) -> str:
    if summary is None:
        return "No test video has a score."
    metrics = summary.metrics
    parts = [f"Test videos: {summary.videos}, subjects: {summary.subjects}."]
    for name, title in (("calibration slope", "Slope"), ("calibration intercept", "intercept")):
        if interval := metrics.get(("model", name)):
            parts.append(f"{title} {format_interval(interval, 'no interval')}" + ("," if title == "Slope" else ";"))
    if ("model", "calibration slope") in metrics:
        parts.append("calibrated: 1 and 0.")
    spread, r = metrics.get(("model", "spread")), metrics.get(("model", "pcc"))
    if spread and r:
        parts.append(
            f"Standard deviation of the estimates over that of the scores: {spread.value:.2f}; calibrated: r, "
            f"{r.value:.2f}."
        )
    return textwrap.fill(" ".join(parts), CAPTION_LENGTH)
