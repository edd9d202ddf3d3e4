"""Limits of agreement: how far an estimate is from the score of a single video (Bland and Altman, Lancet 327, 1986)."""

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from pipeline.png import write_png
from pipeline.scoring.plot_style import CAPTION_LENGTH, DPI, INTERVAL_COLOUR, error_limit, new_plot, scatter_videos
from pipeline.scoring.prediction_tables import Prediction
from pipeline.scoring.summary import Summary, truth_and_estimate
from pipeline.severity.scale import SeverityScale
from pipeline.statistics.interval import format_interval

WIDTH, HEIGHT = 6.4, 5.6  # inches
AXES = (0.7, 1.6, 5.5, 3.8)  # left, bottom, width, height, in inches
LINES: dict[str, dict[str, Any]] = {  # by metric: legend and style
    "bias": {"label": "mean difference", "ls": "-"},
    "lower limit of agreement": {"label": "limits of agreement", "ls": "--"},
    "upper limit of agreement": {"ls": "--"},
}


def write_agreement_figure(
    path: Path, predictions: Sequence[Prediction], summary: Summary | None, scale: SeverityScale
) -> None:
    """Write `agreement_figure` as a PNG file."""
    write_png(path, lambda: agreement_figure(predictions, summary, scale), DPI)


def agreement_figure(predictions: Sequence[Prediction], summary: Summary | None, scale: SeverityScale) -> Figure:
    """Draw estimate minus score against the mean of both, with the mean difference and the limits of agreement.

    Args:
        predictions: those without a score are ignored.
        summary: of all drawn videos, with the lines and their intervals; None if there are none.
        scale: of the scores.
    """
    figure, axes = new_plot(WIDTH, HEIGHT, AXES)
    scored = [item for item in predictions if item.score is not None]
    scatter_videos(axes, scored, lambda truth, estimate: ((truth + estimate) / 2, estimate - truth))
    truth, estimate = truth_and_estimate(scored)
    limit = error_limit(estimate - truth, scale)
    axes.set(ylim=(-limit, limit), xlabel="Mean of score and estimate", ylabel="Estimate minus score")
    axes.axhline(0, color="black", lw=0.6, label="no difference", zorder=2)
    for metric, style in LINES.items():
        interval = summary.metrics.get(("model", metric)) if summary else None
        if interval:
            axes.axhline(interval.value, color="black", lw=1.4, zorder=2, **style)
            if interval.low is not None and interval.high is not None:
                axes.axhspan(interval.low, interval.high, color=INTERVAL_COLOUR, lw=0, alpha=0.5, zorder=1)
    figure.legend(loc="upper center", bbox_to_anchor=(0.54, 1.17 / HEIGHT), ncols=3, frameon=False, fontsize=8.5)
    figure.text(0.25 / WIDTH, 0.62 / HEIGHT, _caption(summary), va="top", fontsize=8.5, linespacing=1.3)
    return figure


def _caption(summary: Summary | None) -> str:
    if summary is None:
        return "No test video has a score."
    parts = [f"Test videos: {summary.videos}, subjects: {summary.subjects}."]
    bias, lower, upper = (summary.metrics.get(("model", metric)) for metric in LINES)
    if bias:
        parts.append(f"Mean difference {format_interval(bias, 'no interval')}.")
    if lower and upper:
        parts.append(
            f"95 of 100 estimates are between {lower.value:+.1f} and {upper.value:+.1f} points of the score, if "
            "differences are normal. Grey: 95 % intervals."
        )
    return textwrap.fill(" ".join(parts), CAPTION_LENGTH)
