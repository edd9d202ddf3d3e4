"""What the figures of stage evaluate share: the frame, markers of seen and unseen subjects, and shaded bands."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.png import new_figure
from pipeline.scoring.prediction_tables import Prediction
from pipeline.scoring.summary import truth_and_estimate
from pipeline.severity.scale import SeverityScale
from pipeline.statistics.statistic import Scores

DPI = 200
MARGINS = 31.5  # in the range of scores; one lies between the outermost points and the frame
ERRORS = 3.15  # in the range of scores; a figure of errors reaches at least as far on either side
CAPTION_LENGTH = 96  # characters in a line of the caption
INTERVAL_COLOUR = "#bdbdbd"
LINE = 0.16  # inches: the height of a line of a band's name
STRIPES = ("#f5f5f5", "#e7e7e7")  # of neighbouring bands
# Marker shape and filling distinguish the two groups, and their colours differ in lightness: readable without colour.
GROUPS: tuple[tuple[str, bool, dict[str, Any]], ...] = (
    ("subject not seen in fitting", False, {"marker": "o", "fc": "#08519c", "ec": "white", "lw": 0.6, "s": 44}),
    ("subject seen in fitting", True, {"marker": "^", "fc": "none", "ec": "#c2571a", "lw": 1.4, "s": 40}),
)


def new_plot(width: float, height: float, frame: tuple[float, float, float, float]) -> tuple[Figure, Axes]:
    """Create a figure with one frame to plot in; all sizes are in inches.

    Args:
        width: of the figure.
        height: of the figure.
        frame: left, bottom, width and height of the frame.
    """
    left, bottom, frame_width, frame_height = frame
    figure = new_figure(width, height)
    return figure, figure.add_axes((left / width, bottom / height, frame_width / width, frame_height / height))


def scatter_videos(
    axes: Axes, predictions: Sequence[Prediction], place: Callable[[Scores, Scores], tuple[Scores, Scores]]
) -> None:
    """Draw a point for each video with a score, in the style of seen or unseen subjects.

    Args:
        axes: to draw in.
        predictions: those without a score are ignored.
        place: x and y of the points, from scores and estimates.
    """
    for label, seen, style in GROUPS:
        truth, estimate = truth_and_estimate([item for item in predictions if item.seen is seen])
        if len(truth):
            axes.scatter(*place(truth, estimate), label=label, zorder=3, **style)


def margin(scale: SeverityScale) -> float:
    """Return the points between the outermost points and the frame."""
    return scale.width / MARGINS


def error_limit(errors: Scores, scale: SeverityScale) -> float:
    """Return the end of an axis of errors in points, which is as long on either side."""
    return max([scale.width / ERRORS, *np.abs(errors).tolist()]) + margin(scale)


def names_height(scale: SeverityScale) -> float:
    """Return the inches that names of bands of several words need above those of one word."""
    return LINE * max(band.name.count(" ") for band in scale.bands)


def shade_bands(axes: Axes, low: float, high: float, scale: SeverityScale) -> None:
    """Shade the bands of the score along x, from `low` to `high`, and name them above the frame."""
    top = axes.get_ylim()[1]
    first, last = scale.bands[0], scale.bands[-1]
    for number, band in enumerate(scale.bands):
        begin, end = (low if band is first else band.edges[0]), (high if band is last else band.edges[1])
        axes.axvspan(begin, end, color=STRIPES[number % 2], lw=0, zorder=0)
        for offset, text in ((14, band.name.replace(" ", "\n")), (4, f"{band.low}\N{EN DASH}{band.high}")):
            axes.annotate(
                text,
                xy=((begin + end) / 2, top),
                xytext=(0, offset),
                textcoords="offset points",
                ha="center",
                va="bottom" if "\n" in text else "baseline",
                fontsize=8.5,
            )
