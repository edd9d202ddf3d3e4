"""The figure of face detection over a corpus: origins of the faces by recording, confidence and size of the faces."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from pipeline.detection.measure import ORIGINS, Detection
from pipeline.png import new_figure, write_png

WIDTH, HEIGHT = 9.0, 6.4  # inches
DPI = 150
BINS = 20
# Their lightness rises in the order of the stack, so the figure can be read without colour.
COLOURS = {"detected": "#0b3c6f", "refined": "#4d8fc4", "interpolated": "#f0b44c", "absent": "#dedede"}
QUANTILE_COLOUR = "#c2571a"


def write_figure(path: Path, detections: Sequence[Detection], metrics: Mapping[str, float]) -> None:
    """Write the figure that `draw_figure` returns as a PNG file.

    Equal content gives equal bytes, whatever the user's plot settings are.
    """
    write_png(path, lambda: draw_figure(detections, metrics), DPI)


def draw_figure(detections: Sequence[Detection], metrics: Mapping[str, float]) -> Figure:
    """Draw the figure of a corpus; it does not name recordings.

    Args:
        detections: the recordings of the corpus.
        metrics: of the corpus, for the caption; see `pipeline.detection.tables.summary`.
    """
    figure = new_figure(WIDTH, HEIGHT, layout="constrained")
    axes = figure.subplot_mosaic([["origins", "origins"], ["confidence", "height"]], height_ratios=(1.2, 1))
    _draw_origins(axes["origins"], detections)
    with_face = [detection for detection in detections if detection.confidence is not None]
    _draw_confidence(axes["confidence"], with_face)
    _draw_heights(axes["height"], [detection.box_height for detection in with_face if detection.box_height is not None])
    for panel in axes.values():
        panel.spines[["top", "right"]].set_visible(False)
    figure.suptitle(_caption(metrics), fontsize=10, x=0.01, ha="left")
    return figure


def _draw_origins(axes: Axes, detections: Sequence[Detection]) -> None:
    """Draw a stacked bar for each recording, sorted by the share of frames with a face."""
    ordered = sorted(
        detections,
        key=lambda detection: (detection.coverage, -detection.share("interpolated"), detection.share("detected")),
    )
    bottom = np.zeros(len(ordered))
    for origin in ORIGINS:
        shares = np.array([detection.share(origin) for detection in ordered])
        axes.bar(np.arange(len(ordered)), shares, 1.0, bottom, color=COLOURS[origin], lw=0, label=origin)
        bottom += shares
    axes.set(xlim=(-0.5, max(len(ordered), 1) - 0.5), ylim=(0, 1), ylabel="Share of frames")
    axes.set_xlabel("Recordings, from the fewest frames with a face to the most")
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.set_xticks([])
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=len(ORIGINS), frameon=False, fontsize=9)


def _draw_confidence(axes: Axes, detections: Sequence[Detection]) -> None:
    """Draw histograms of the recordings' median confidence and of the 5 % quantile of their confidence."""
    median = [detection.confidence for detection in detections if detection.confidence is not None]
    low = [detection.confidence_low for detection in detections if detection.confidence_low is not None]
    bins = np.linspace(min([0.95, *low]), 1, BINS + 1)
    axes.hist(median, bins.tolist(), color=COLOURS["refined"], label="median of its frames")
    axes.hist(low, bins.tolist(), histtype="step", color=QUANTILE_COLOUR, lw=1.6, label="5 % quantile of its frames")
    axes.set(xlabel="Confidence of the detector", ylabel="Recordings", xlim=(bins[0], 1))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(loc="upper left", frameon=False, fontsize=9)


def _draw_heights(axes: Axes, heights: Sequence[float]) -> None:
    """Draw a histogram of the recordings' median height of the face box."""
    axes.hist(heights, BINS, color=COLOURS["refined"])
    axes.set(xlabel="Height of the face's box, median of its frames (pixels)", ylabel="Recordings")
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))


def _caption(metrics: Mapping[str, float]) -> str:
    """Return the counts of the corpus in one line."""
    recordings = f"{metrics['recordings']:,} recordings ({metrics['broken']} broken, {metrics['without_face']} without"
    return f"{recordings} any face), {metrics['frames']:,} frames, {100 * metrics['absent']:.2f} % without a face"
