"""The figure of a corpus's detection: origins of the faces by recording, their confidence, their size."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from pipeline.detection.measure import ORIGINS, Detection
from pipeline.png import new_figure, write_png

WIDTH, HEIGHT = 9.0, 6.4  # inches
DOTS = 150  # an inch
BINS = 20
# They differ in lightness in the order of the stack: no colour is needed to read them.
COLOURS = {"detected": "#0b3c6f", "refined": "#4d8fc4", "interpolated": "#f0b44c", "absent": "#dedede"}
UNSURE = "#c2571a"


def write_figure(path: Path, detections: Sequence[Detection], numbers: Mapping[str, float]) -> None:
    """Write `figure` as a PNG file; equal content gives equal bytes, whatever the user's own plot settings are."""
    write_png(path, lambda: figure(detections, numbers), DOTS)


def figure(detections: Sequence[Detection], numbers: Mapping[str, float]) -> Figure:
    """Draw a corpus, whose recordings stay unnamed.

    Args:
        detections: its recordings.
        numbers: of the corpus, for the caption; see `pipeline.detection.tables.summary`.
    """
    drawn = new_figure(WIDTH, HEIGHT, layout="constrained")
    axes = drawn.subplot_mosaic([["origins", "origins"], ["confidence", "height"]], height_ratios=(1.2, 1))
    _draw_origins(axes["origins"], detections)
    seen = [found for found in detections if found.confidence is not None]
    _draw_confidence(axes["confidence"], seen)
    _draw_heights(axes["height"], [found.box_height for found in seen if found.box_height is not None])
    for one in axes.values():
        one.spines[["top", "right"]].set_visible(False)
    drawn.suptitle(_caption(numbers), fontsize=10, x=0.01, ha="left")
    return drawn


def _draw_origins(axes: Axes, detections: Sequence[Detection]) -> None:
    """A bar a recording, from the one with the fewest faces to the one with the most."""
    ordered = sorted(
        detections, key=lambda found: (found.coverage, -found.share("interpolated"), found.share("detected"))
    )
    bottom = np.zeros(len(ordered))
    for origin in ORIGINS:
        shares = np.array([found.share(origin) for found in ordered])
        axes.bar(np.arange(len(ordered)), shares, 1.0, bottom, color=COLOURS[origin], lw=0, label=origin)
        bottom += shares
    axes.set(xlim=(-0.5, max(len(ordered), 1) - 0.5), ylim=(0, 1), ylabel="Share of frames")
    axes.set_xlabel("Recordings, from the fewest frames with a face to the most")
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.set_xticks([])
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=len(ORIGINS), frameon=False, fontsize=9)


def _draw_confidence(axes: Axes, detections: Sequence[Detection]) -> None:
    """How many recordings have which median confidence, and which in their unsure frames."""
    median = [found.confidence for found in detections if found.confidence is not None]
    low = [found.confidence_low for found in detections if found.confidence_low is not None]
    bins = np.linspace(min([0.95, *low]), 1, BINS + 1)
    axes.hist(median, bins.tolist(), color=COLOURS["refined"], label="median of its frames")
    axes.hist(low, bins.tolist(), histtype="step", color=UNSURE, lw=1.6, label="5 % quantile of its frames")
    axes.set(xlabel="Confidence of the detector", ylabel="Recordings", xlim=(bins[0], 1))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(loc="upper left", frameon=False, fontsize=9)


def _draw_heights(axes: Axes, heights: Sequence[float]) -> None:
    """How many recordings have which median height of the face."""
    axes.hist(heights, BINS, color=COLOURS["refined"])
    axes.set(xlabel="Height of the face's box, median of its frames (pixels)", ylabel="Recordings")
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))


def _caption(numbers: Mapping[str, float]) -> str:
    recordings = f"{numbers['recordings']:,} recordings ({numbers['broken']} broken, {numbers['without_face']} without"
    return f"{recordings} any face), {numbers['frames']:,} frames, {100 * numbers['absent']:.2f} % without a face"
