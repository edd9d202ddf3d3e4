"""The figure of one video: what each clip is estimated at, over the severity bands, and where the face was seen."""

import textwrap
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MultipleLocator, PercentFormatter

from pipeline.png import new_figure, write_png
from pipeline.predicting.estimate import Estimate
from pipeline.predicting.notice import NOTICE
from pipeline.records.labels import HIGHEST_SCORE, LOWEST_SCORE
from pipeline.scoring.bands import BANDS

WIDTH, HEIGHT = 9.0, 5.4  # inches
DOTS = 150  # an inch
LETTERS = 132  # in a line below
STRIPES = ("#f6f6f6", "#e6e6e6")  # of neighbouring bands
BLUE, ORANGE = "#08519c", "#c2571a"
STEPS, MOST_TICKS = (0.1, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 3600), 10  # seconds between ticks
MARGIN = 2.0  # points of BDI-II beyond the outermost estimate


def write_figure(path: Path, found: Estimate) -> None:
    """Write `figure` as a PNG file; it appears whole or not at all, whatever the user's own plot settings are."""
    write_png(path, lambda: figure(found), DOTS)


def figure(found: Estimate) -> Figure:
    """Draw an estimate and what it rests on."""
    drawn = new_figure(WIDTH, HEIGHT)
    above, below = drawn.subplots(
        2, 1, sharex=True, height_ratios=(3.4, 1), gridspec_kw={"hspace": 0.1, "top": 0.87, "bottom": 0.22}
    )
    drawn.subplots_adjust(left=0.1, right=0.86)
    _draw_clips(above, found)
    _draw_faces(below, found)
    below.set(xlabel="Time (minutes:seconds)", xlim=(0, max(found.seconds, 1e-3)))
    step = next((step for step in STEPS if found.seconds <= MOST_TICKS * step), STEPS[-1])
    below.xaxis.set_major_locator(MultipleLocator(step))
    below.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: clock(seconds, tenths=step < 1)))
    drawn.align_ylabels()
    drawn.suptitle(_title(found), x=0.1, y=0.97, ha="left", fontsize=11)
    words = " ".join([*(f"{note[0].upper()}{note[1:]}." for note in found.notes), NOTICE])
    drawn.text(0.1, 0.11, textwrap.fill(words, LETTERS), va="top", fontsize=7.5, color="#444444", linespacing=1.35)
    return drawn


def clock(seconds: float, tenths: bool = False) -> str:
    """Minutes and seconds.

    >>> clock(75.04), clock(3.25, tenths=True)
    ('1:15', '0:03.2')
    """
    minutes, rest = divmod(round(seconds, 1) if tenths else round(seconds), 60)
    return f"{int(minutes)}:{rest:04.1f}" if tenths else f"{int(minutes)}:{int(rest):02d}"


def _draw_clips(axes: Axes, found: Estimate) -> None:
    estimates = [span.estimate for span in found.spans]
    low, high = min([LOWEST_SCORE, *estimates]) - MARGIN, max([HIGHEST_SCORE, *estimates]) + MARGIN
    for number, band in enumerate(BANDS):
        begin = low if number == 0 else band.edges[0]
        end = high if band is BANDS[-1] else band.edges[1]
        axes.axhspan(begin, end, color=STRIPES[number % 2], lw=0, zorder=0)
        name = f"{band.name} {band.low}\N{EN DASH}{band.high}"
        place = axes.get_yaxis_transform()  # across the frame, up the scale
        axes.text(1.01, (begin + end) / 2, name, transform=place, va="center", fontsize=8.5)
    for number, span in enumerate(found.spans):
        label = "a clip" if number == 0 else None
        axes.plot([span.start, span.end], [span.estimate] * 2, color=BLUE, lw=2.4, solid_capstyle="butt", label=label)
    if found.score is None:
        axes.annotate(f"No estimate: {found.missing}", (0.5, 0.5), xycoords="axes fraction", ha="center", fontsize=12)
    else:
        axes.axhline(found.score, color=ORANGE, lw=1.3, ls=(0, (5, 3)), label=f"the video, {found.score:.1f}", zorder=3)
        axes.legend(loc="lower right", bbox_to_anchor=(1.01, 0.99), frameon=False, fontsize=9, ncols=2)
    axes.set(ylim=(low, high), ylabel="Estimated BDI-II score")
    axes.tick_params(labelbottom=False)


def _draw_faces(axes: Axes, found: Estimate) -> None:
    edges = np.linspace(0, found.seconds, len(found.faces) + 1)
    axes.stairs(found.faces, edges, fill=True, color="#7fa8cf")
    axes.set(ylim=(0, 1.05), ylabel="Face seen")
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.set_yticks([0, 1])
    axes.spines[["top", "right"]].set_visible(False)


def _title(found: Estimate) -> str:
    name = textwrap.shorten(found.video.name, 60, placeholder="...")
    told = "no estimate" if found.score is None else f"{found.score:.1f} ({found.band})"
    return f"{name}: {told}, a face in {100 * found.coverage:.0f} % of {found.frames:,} frames"
