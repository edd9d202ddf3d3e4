"""The confusion matrix of severity bands, as a table and as a figure."""

import textwrap
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Int
from matplotlib.figure import Figure

from pipeline.png import new_figure, write_png
from pipeline.records.tables import write_rows
from pipeline.scoring.bands import confusion_matrix
from pipeline.scoring.metrics import called_opposite
from pipeline.scoring.plot_style import DPI
from pipeline.scoring.prediction_tables import Prediction
from pipeline.scoring.summary import Summary, truth_and_estimate
from pipeline.severity.scale import SeverityScale
from pipeline.statistics.interval import format_count, format_interval

COLUMNS = ("truth", "estimate", "videos")
SIZE = (5.6, 5.4)  # inches
AXES = (0.24, 0.24, 0.68, 0.68)  # left, bottom, width, height, as shares of the figure
NAME_WIDTH = 12  # characters of a line of a band's name
DARK = 0.55  # share of a row above which the count is written in white

Counts = Int[np.ndarray, "truth estimate"]


def count_bands(predictions: Sequence[Prediction], scale: SeverityScale) -> Counts:
    """Count the videos with a score by the band of their score (rows) and of their estimate (columns)."""
    return confusion_matrix(*truth_and_estimate(predictions), scale)


def write_confusion(path: Path, counts: Counts, scale: SeverityScale) -> None:
    """Write one row per pair of bands, from the lowest to the highest."""
    bands = list(enumerate(scale.bands))
    rows = [[truth.name, estimate.name, counts[i, j]] for i, truth in bands for j, estimate in bands]
    write_rows(path, COLUMNS, rows)


def write_confusion_figure(path: Path, counts: Counts, summary: Summary | None, scale: SeverityScale) -> None:
    """Write `confusion_figure` as a PNG file."""
    write_png(path, lambda: confusion_figure(counts, summary, scale), DPI)


def confusion_figure(counts: Counts, summary: Summary | None, scale: SeverityScale) -> Figure:
    """Draw the counts, with bands of the score from bottom to top; a darker square is a larger share of its row.

    Args:
        counts: see `count_bands`.
        summary: of all counted videos, for the caption; None if there are none.
        scale: of the scores.
    """
    bands = scale.bands
    figure = new_figure(*(side * len(bands) / 4 for side in SIZE) if len(bands) > 4 else SIZE)
    axes = figure.add_axes(AXES)
    totals = counts.sum(1, keepdims=True)
    shares = counts / np.maximum(totals, 1)
    axes.imshow(shares, cmap="Greys", vmin=0, vmax=1.1, origin="lower")
    for (row, column), count in np.ndenumerate(counts):
        colour = "white" if shares[row, column] > DARK else "black"
        weight = "bold" if row == column else "normal"
        axes.text(column, row, str(count), ha="center", va="center", fontsize=15, color=colour, fontweight=weight)
    names = [f"{textwrap.fill(band.name, NAME_WIDTH)}\n{band.low}\N{EN DASH}{band.high}" for band in bands]
    axes.set_xticks(range(len(bands)), names)
    rows = [f"{name}\n{total} videos" for name, total in zip(names, totals[:, 0].tolist(), strict=True)]
    axes.set_yticks(range(len(bands)), rows)
    axes.set(xlabel="Estimated band", ylabel="Band of the score")
    axes.tick_params(length=0)
    for edge in np.arange(0.5, len(bands) - 1):
        axes.axhline(edge, color="black", lw=0.6)
        axes.axvline(edge, color="black", lw=0.6)
    figure.text(0.04, 0.105, _caption(summary, scale), va="top", fontsize=8.5, linespacing=1.3)
    return figure


def _caption(summary: Summary | None, scale: SeverityScale) -> str:
    if summary is None:
        return "No test video has a score."
    metrics = summary.metrics
    lines = [", ".join(f"{name}: {format_count(metrics['model', name])}" for name in called_opposite(scale))]
    if kappa := metrics.get(("model", "kappa")):
        lines.append(f"Weighted kappa (squared distance of bands): {format_interval(kappa, 'no interval')}.")
    lines.append("The darker a square, the larger its share of its row.")
    return "\n".join([lines[0][0].upper() + lines[0][1:] + ".", *lines[1:]])
