"""Error against score: whether a model dares to estimate high and low, or keeps to the middle."""

import textwrap
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from pipeline.png import new_figure, write_png
from pipeline.records.labels import HIGHEST_SCORE, LOWEST_SCORE
from pipeline.scoring.intervals import format_interval
from pipeline.scoring.metrics import Scores
from pipeline.scoring.plot_style import DOTS, GROUPS, shade_bands
from pipeline.scoring.predictions import Prediction
from pipeline.scoring.summary import Summary, scores

WIDTH, HEIGHT = 6.4, 5.6  # inches
AXES = (0.7, 1.6, 5.5, 3.5)  # left, bottom, width, height, in inches
MARGIN = 2.0  # points of BDI-II between the outermost points and the frame
LETTERS = 96  # in a line of the caption


def write_error_figure(path: Path, predictions: Sequence[Prediction], constant: float, summary: Summary | None) -> None:
    """Write `error_figure` as a PNG file."""
    write_png(path, lambda: error_figure(predictions, constant, summary), DOTS)


def trend(truth: Scores, error: Scores) -> tuple[float, float] | None:
    """(level at 0, slope) of the line of least squares through the errors; None where the truth does not vary."""
    if len(truth) < 2 or not np.ptp(truth):
        return None
    x = truth - truth.mean()
    slope = float(x @ error / (x @ x))
    return float(error.mean() - slope * truth.mean()), slope


def error_figure(predictions: Sequence[Prediction], constant: float, summary: Summary | None) -> Figure:
    """Draw estimate minus score over the score, with its trend and the line that the constant would make.

    Args:
        predictions: those without a score are passed over.
        constant: the constant estimate.
        summary: of all videos drawn, for the caption; None where there are none.
    """
    left, bottom, width, height = AXES
    figure = new_figure(WIDTH, HEIGHT)
    axes = figure.add_axes((left / WIDTH, bottom / HEIGHT, width / WIDTH, height / HEIGHT))
    scored = [item for item in predictions if item.bdi is not None]
    truth, estimate = scores(scored)
    most = max([20.0, *np.abs(estimate - truth).tolist()]) + MARGIN
    ends = np.array([LOWEST_SCORE - MARGIN, HIGHEST_SCORE + MARGIN])
    axes.set(xlim=tuple(ends), ylim=(-most, most))
    axes.set(xlabel="BDI-II score", ylabel="Estimate minus score")
    shade_bands(axes, *ends.tolist())
    for label, seen, look in GROUPS:
        group = [item for item in scored if item.seen is seen]
        if group:
            x, y = scores(group)
            axes.scatter(x, y - x, label=label, zorder=3, **look)
    axes.axhline(0, color="black", lw=1, label="no error", zorder=2)
    axes.plot(ends, constant - ends, color="black", lw=1, ls=(0, (5, 4)), label=f"constant, {constant:.1f}", zorder=2)
    line = trend(truth, estimate - truth)
    if line is not None:
        reach = np.array([truth.min(), truth.max()])  # and no further
        axes.plot(reach, line[0] + line[1] * reach, color="black", lw=2.4, ls=(0, (1, 1)), label="trend", zorder=4)
    figure.legend(loc="upper center", bbox_to_anchor=(0.54, 1.17 / HEIGHT), ncols=3, frameon=False, fontsize=8.5)
    figure.text(0.25 / WIDTH, 0.62 / HEIGHT, _caption(summary, line), va="top", fontsize=8.5, linespacing=1.3)
    return figure


def _caption(summary: Summary | None, line: tuple[float, float] | None) -> str:
    if summary is None:
        return "No test video has a score."
    parts = [f"Test videos: {summary.videos}."]
    if line is not None:
        parts.append(f"For each point of score the error changes by {line[1]:+.2f} (the constant: -1.00).")
    if spread := summary.figures.get(("model", "spread")):
        ratio = format_interval(spread, "no interval")
        parts.append(f"Standard deviation of the estimates over that of the scores: {ratio}.")
    return textwrap.fill(" ".join(parts), LETTERS)
