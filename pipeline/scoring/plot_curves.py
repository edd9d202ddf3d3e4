"""The estimate over time: the estimate of each span (clip, frame, segment) of a few videos.

Videos are chosen by their scores alone. So nobody picks videos that a model happens to get right, and two models are
shown on the same videos. The figure does not name the videos, because it shows scores, and predictions.csv names the
subjects.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.png import new_figure, write_png
from pipeline.records.estimates import SpanEstimate, VideoEstimate
from pipeline.scoring.plot_style import DPI, margin
from pipeline.scoring.prediction_tables import Prediction
from pipeline.severity.scale import SeverityScale

VIDEOS_PER_BAND = 3
PANEL = (2.5, 1.7)  # inches
MARGINS = (0.85, 0.0, 0.8, 0.0)  # left, right, bottom, top, in inches
GAP = 0.14  # share of a panel
TOP_SHARE = 5 / 7  # of the range of scores, which the y axis always includes


def choose_videos(predictions: Sequence[Prediction], scale: SeverityScale) -> dict[str, list[Prediction]]:
    """Choose up to VIDEOS_PER_BAND recordings of each band, evenly spread over those with a clip, sorted by score, id.

    Of n sorted recordings, those at (2 i + 1) / (2 VIDEOS_PER_BAND) n, i = 0, 1, ...: of nine, the second, fifth and
    eighth.
    """
    chosen = {}
    scored = [(item, item.score) for item in predictions if item.score is not None and item.clips]
    for band in scale.bands:
        usable = [item for item, score in scored if scale.band_of(score) == band]
        ordered = sorted(usable, key=lambda item: (item.score, item.recording))
        count = min(VIDEOS_PER_BAND, len(ordered))
        chosen[band.name] = [ordered[len(ordered) * (2 * i + 1) // (2 * count)] for i in range(count)]
    return chosen


def write_curves_figure(
    path: Path,
    chosen: Mapping[str, Sequence[Prediction]],
    videos: Sequence[VideoEstimate],
    rates: Mapping[str, float],
    scale: SeverityScale,
) -> None:
    """Write `curves_figure` as a PNG file."""
    write_png(path, lambda: curves_figure(chosen, videos, rates, scale), DPI)


def curves_figure(
    chosen: Mapping[str, Sequence[Prediction]],
    videos: Sequence[VideoEstimate],
    rates: Mapping[str, float],
    scale: SeverityScale,
) -> Figure:
    """Draw a row of panels for each band, with one scale of the estimates for all.

    Args:
        chosen: see `choose_videos`.
        videos: the estimates of spans, of at least the chosen recordings.
        rates: frame rate of each chosen recording's sequence.
        scale: of the scores.
    """
    left, right, bottom, top = MARGINS
    width, height = VIDEOS_PER_BAND * PANEL[0] + left + right, len(scale.bands) * PANEL[1] + bottom + top
    figure = new_figure(width, height)
    spans = {video.recording: video.spans for video in videos}
    all_items = [item for items in chosen.values() for item in items]
    estimates = [span.estimate for item in all_items for span in spans[item.recording]]
    limits = (
        min([scale.lowest, *estimates]) - margin(scale),
        max([scale.points(TOP_SHARE), *estimates, *(item.score or 0.0 for item in all_items)]) + margin(scale),
    )
    for row, band in enumerate(scale.bands):
        items = chosen.get(band.name, [])
        for column in range(VIDEOS_PER_BAND):
            rectangle = (
                (left + column * PANEL[0]) / width,
                (bottom + (len(scale.bands) - 1 - row) * PANEL[1]) / height,
                PANEL[0] * (1 - GAP) / width,
                PANEL[1] * (1 - 2 * GAP) / height,
            )
            axes = figure.add_axes(rectangle)
            axes.set_ylim(*limits)
            axes.tick_params(labelsize=8, labelleft=column == 0)
            if column == 0:
                axes.set_ylabel(f"{band.name}\n{band.low}\N{EN DASH}{band.high}")
            if column >= len(items):
                axes.set_axis_off() if column else axes.set(xticks=[], title="no video")
                continue
            _draw_panel(axes, items[column], spans[items[column].recording], rates[items[column].recording])
    figure.supxlabel("Seconds", y=0.36 / height, fontsize=10)
    figure.legend(
        *_legend(figure), loc="lower center", bbox_to_anchor=(0.5, 0.02 / height), ncols=3, frameon=False, fontsize=9
    )
    return figure


def _draw_panel(axes: Axes, item: Prediction, spans: Sequence[SpanEstimate], rate: float) -> None:
    begins, ends = zip(*((span.start / rate, (span.start + span.length) / rate) for span in spans), strict=True)
    # Without snapping to pixels, spans that are narrower than a pixel stay visible.
    style: dict[str, Any] = {"color": "#08519c", "lw": 2.4, "capstyle": "butt", "snap": False}
    axes.hlines([span.estimate for span in spans], begins, ends, label="estimate of a span, over its time", **style)
    axes.axhline(item.estimate, color="black", lw=1, label="estimate of the video")
    axes.axhline(item.score or 0.0, color="black", lw=1.2, ls=(0, (5, 4)), label="score")
    axes.set_title(f"score {item.score:g}, estimate {item.estimate:.1f}", fontsize=9, pad=3)


def _legend(figure: Figure) -> tuple[list, list]:
    """Return the handles and labels of all panels, each label once."""
    handles: dict[str, object] = {}
    for axes in figure.axes:
        handles |= dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    return list(handles.values()), list(handles)
