"""Figure 5 of the paper: estimate against score for every test video, over the severity bands."""

import textwrap
from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.png import write_png
from pipeline.scoring.plot_style import CAPTION_LENGTH, DPI, margin, names_height, new_plot, scatter_videos, shade_bands
from pipeline.scoring.prediction_tables import Prediction
from pipeline.scoring.summary import Summary
from pipeline.severity.scale import SeverityScale
from pipeline.statistics.interval import format_interval

WIDTH, HEIGHT = 6.4, 7.5  # inches
AXES = (0.7, 1.6, 5.5, 5.5)  # left, bottom, width, height, in inches
SAME_BAND = "#d2d2d2"  # colour where score and estimate are in one band


def write_figure5(
    path: Path, predictions: Sequence[Prediction], constant: float, summary: Summary | None, scale: SeverityScale
) -> None:
    """Write `figure5` as a PNG file; equal content gives equal bytes, whatever the user's own plot settings are."""
    write_png(path, lambda: figure5(predictions, constant, summary, scale), DPI)


def figure5(
    predictions: Sequence[Prediction], constant: float, summary: Summary | None, scale: SeverityScale
) -> Figure:
    """Draw the predictions that have a score.

    Args:
        predictions: those without a score are ignored.
        constant: the constant baseline, drawn as a line.
        summary: of all drawn videos, for the caption; None if there are none.
        scale: of the scores.
    """
    height = HEIGHT + names_height(scale)
    figure, axes = new_plot(WIDTH, height, AXES)
    scored = [item for item in predictions if item.score is not None]
    estimates = [item.estimate for item in scored]
    beyond = margin(scale)
    low, high = min([scale.lowest, *estimates]) - beyond, max([scale.highest, *estimates]) + beyond
    axes.set(xlim=(scale.lowest - beyond, scale.highest + beyond), ylim=(low, high))
    axes.set(xlabel=f"{scale.name} score", ylabel=f"Estimated {scale.name} score")
    _shade_bands(axes, scale)
    scatter_videos(axes, scored, lambda truth, estimate: (truth, estimate))
    axes.plot([low, high], [low, high], color="black", lw=1, label="estimate equals score", zorder=2)
    axes.axhline(constant, color="black", lw=1, ls=(0, (5, 4)), label=f"constant, {constant:.1f}", zorder=2)
    figure.legend(loc="upper center", bbox_to_anchor=(0.54, 1.17 / height), ncols=2, frameon=False, fontsize=9)
    figure.text(0.25 / WIDTH, 0.6 / height, _caption(summary), va="top", fontsize=8.5, linespacing=1.3)
    return figure


def _shade_bands(axes: Axes, scale: SeverityScale) -> None:
    """Shade and name the bands of the score; darker where the estimate is in the same band."""
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    shade_bands(axes, left, right, scale)
    for band in scale.bands:
        begin, end = band.edges
        first, last = band is scale.bands[0], band is scale.bands[-1]
        scores = left if first else begin, right if last else end
        estimates = low if first else begin, high if last else end
        axes.fill_between(scores, *estimates, color=SAME_BAND, lw=0, zorder=1)


def _caption(summary: Summary | None) -> str:
    if summary is None:
        return "No test video has a score."
    metrics = summary.metrics
    r, rmse, constant_rmse = metrics.get(("model", "pcc")), metrics["model", "rmse"], metrics["constant", "rmse"]
    parts = [
        f"Test videos: {summary.videos}, subjects: {summary.subjects}.",
        f"Pearson's r {format_interval(r, 'no interval') if r else 'is not defined'},",
        f"RMSE {format_interval(rmse, 'no interval')}; the constant's RMSE {constant_rmse.value:.2f}.",
        "In brackets 95 % intervals over subjects. Dark squares: score and estimate in the same band.",
    ]
    return textwrap.fill(" ".join(parts), CAPTION_LENGTH)
