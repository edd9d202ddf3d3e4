"""The common style of the figures of stage evaluate: markers of seen and unseen subjects, and shaded bands."""

from typing import Any

from matplotlib.axes import Axes

from pipeline.scoring.bands import BANDS

DPI = 200
MARGIN = 2.0  # points of BDI-II between the outermost points and the frame
CAPTION_LENGTH = 96  # characters in a line of the caption
INTERVAL_COLOUR = "#bdbdbd"
STRIPES = ("#f5f5f5", "#e7e7e7")  # of neighbouring bands
# Marker shape and filling distinguish the two groups, and their colours differ in lightness: readable without colour.
GROUPS: tuple[tuple[str, bool, dict[str, Any]], ...] = (
    ("subject not seen in fitting", False, {"marker": "o", "fc": "#08519c", "ec": "white", "lw": 0.6, "s": 44}),
    ("subject seen in fitting", True, {"marker": "^", "fc": "none", "ec": "#c2571a", "lw": 1.4, "s": 40}),
)


def shade_bands(axes: Axes, low: float, high: float) -> None:
    """Shade the bands of the score along x, from `low` to `high`, and name them above the frame."""
    top = axes.get_ylim()[1]
    for number, band in enumerate(BANDS):
        begin, end = (low if band is BANDS[0] else band.edges[0]), (high if band is BANDS[-1] else band.edges[1])
        axes.axvspan(begin, end, color=STRIPES[number % 2], lw=0, zorder=0)
        for offset, text in ((14, band.name), (4, f"{band.low}\N{EN DASH}{band.high}")):
            axes.annotate(
                text,
                xy=((begin + end) / 2, top),
                xytext=(0, offset),
                textcoords="offset points",
                ha="center",
                va="baseline",
                fontsize=8.5,
            )
