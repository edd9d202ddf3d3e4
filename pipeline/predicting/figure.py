"""The figure of one video: the estimate of each span over the severity bands, and the share of frames with a face."""

import textwrap
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MultipleLocator, PercentFormatter

from pipeline.png import new_figure, write_png
from pipeline.predicting.estimate import Estimate
from pipeline.predicting.notice import notice
from pipeline.runtime.visible import visible

WIDTH, HEIGHT = 9.0, 5.4  # inches
DPI = 150
LINE_LENGTH = 132  # characters per line of the notes
SHORT_NAME, MAX_NAME = 30, 56  # characters of a file name that share a line with the estimate, and that are shown
END = 20  # of a longer file name, so many characters of its end are shown
STRIPES = ("#f6f6f6", "#e6e6e6")  # of neighbouring bands
BLUE, ORANGE = "#08519c", "#c2571a"
TICK_STEPS, MAX_TICKS = (0.1, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 3600), 10  # seconds between ticks
MARGINS = 31.5  # in the range of scores; one lies beyond the outermost estimate


def write_figure(path: Path, estimate: Estimate) -> None:
    """Write the figure of an estimate as a PNG file, atomically and with Matplotlib's default style."""
    write_png(path, lambda: draw_figure(estimate), DPI)


def draw_figure(estimate: Estimate) -> Figure:
    """Draw the estimates of the spans over time, and below them the share of frames with a face."""
    figure = new_figure(WIDTH, HEIGHT)
    top, bottom = figure.subplots(
        2, 1, sharex=True, height_ratios=(3.4, 1), gridspec_kw={"hspace": 0.1, "top": 0.87, "bottom": 0.22}
    )
    figure.subplots_adjust(left=0.1, right=0.86)
    _draw_spans(top, estimate)
    _draw_faces(bottom, estimate)
    bottom.set(xlabel="Time (minutes:seconds)", xlim=(0, max(estimate.seconds, 1e-3)))
    step = next((step for step in TICK_STEPS if estimate.seconds <= MAX_TICKS * step), TICK_STEPS[-1])
    bottom.xaxis.set_major_locator(MultipleLocator(step))
    bottom.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: clock(seconds, tenths=step < 1)))
    figure.align_ylabels()
    figure.suptitle(_title(estimate), x=0.1, y=0.97, ha="left", fontsize=11)
    text = " ".join([*(f"{note[0].upper()}{note[1:]}." for note in estimate.notes), notice(estimate.scale)])
    figure.text(0.1, 0.11, textwrap.fill(text, LINE_LENGTH), va="top", fontsize=7.5, color="#444444", linespacing=1.35)
    return figure


def clock(seconds: float, tenths: bool = False) -> str:
    """Format a time as minutes and seconds.

    Examples:
        >>> clock(75.04), clock(3.25, tenths=True)
        ('1:15', '0:03.2')
    """
    minutes, rest = divmod(round(seconds, 1) if tenths else round(seconds), 60)
    return f"{int(minutes)}:{rest:04.1f}" if tenths else f"{int(minutes)}:{int(rest):02d}"


def _draw_spans(axes: Axes, estimate: Estimate) -> None:
    """Draw the severity bands, unless it is a demonstration; a line for each span, and a dashed one for the video."""
    scores, scale = [span.estimate for span in estimate.spans], estimate.scale
    margin = scale.width / MARGINS
    low, high = min([scale.lowest, *scores]) - margin, max([scale.highest, *scores]) + margin
    for number, band in enumerate(() if estimate.demonstration else scale.bands):
        begin = low if number == 0 else band.edges[0]
        end = high if band is scale.bands[-1] else band.edges[1]
        axes.axhspan(begin, end, color=STRIPES[number % 2], lw=0, zorder=0)
        separator = "\n" if " " in band.name else " "
        name = f"{band.name}{separator}{band.low}\N{EN DASH}{band.high}"
        transform = axes.get_yaxis_transform()  # x in axes coordinates, y in points
        axes.text(1.01, (begin + end) / 2, name, transform=transform, va="center", fontsize=8.5)
    # Without snapping to pixels, spans that are narrower than a pixel stay visible.
    style: dict[str, Any] = {"color": BLUE, "lw": 2.4, "capstyle": "butt", "snap": False}
    begins, ends = [span.start for span in estimate.spans], [span.end for span in estimate.spans]
    if scores:
        axes.hlines(scores, begins, ends, label="an estimate over its time", **style)
    if estimate.score is None:
        axes.annotate(
            f"No estimate: {estimate.missing}", (0.5, 0.5), xycoords="axes fraction", ha="center", fontsize=12
        )
    else:
        axes.axhline(
            estimate.score, color=ORANGE, lw=1.3, ls=(0, (5, 3)), label=f"the video, {estimate.score:.1f}", zorder=3
        )
        axes.legend(loc="lower right", bbox_to_anchor=(1.01, 0.99), frameon=False, fontsize=9, ncols=2)
    axes.set(ylim=(low, high), ylabel=f"Estimated {scale.name} score")
    axes.tick_params(labelbottom=False)


def _draw_faces(axes: Axes, estimate: Estimate) -> None:
    """Draw the share of frames with a face in each part of the video."""
    edges = np.linspace(0, estimate.seconds, len(estimate.faces) + 1)
    axes.stairs(estimate.faces, edges, fill=True, color="#7fa8cf")
    axes.set(ylim=(0, 1.05), ylabel="Face seen")
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.set_yticks([0, 1])
    axes.spines[["top", "right"]].set_visible(False)


def _title(estimate: Estimate) -> str:
    name = visible(estimate.video.name)
    if len(name) > MAX_NAME:  # the end tells takes of a session apart
        name = f"{name[: MAX_NAME - END]}...{name[-END:]}"
    score = "no estimate" if estimate.score is None else f"{estimate.score:.1f} ({estimate.mark})"
    separator = "\n" if len(name) > SHORT_NAME else " "
    return f"{name}:{separator}{score}, a face in {100 * estimate.coverage:.0f} % of {estimate.frames:,} frames"
