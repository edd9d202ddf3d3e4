"""The estimate over time: what the network says of each clip of a few videos, chosen by their scores alone.

Nobody picks videos that a model happens to get right, and two models are seen on the same ones. Videos go without a
name: the picture tells of scores, and predictions.csv of who is seen.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.estimators.estimates import VideoEstimate
from pipeline.png import new_figure, write_png
from pipeline.scoring.bands import BANDS, band_of
from pipeline.scoring.plot_style import DOTS
from pipeline.scoring.predictions import Prediction

EACH = 3  # videos of a band
PANEL = (2.5, 1.7)  # inches
MARGINS = (0.85, 0.0, 0.8, 0.0)  # left, right, bottom, top, in inches
GAP = 0.14  # of a panel
LEAST, MOST = 0.0, 45.0  # points that are always shown
ROOM = 2.0  # points beyond the outermost estimate


def choose(predictions: Sequence[Prediction]) -> dict[str, list[Prediction]]:
    """Up to EACH recordings of each band, evenly spread over those with a clip, sorted by score and then by id.

    Of n sorted ones the (2 i + 1) / (2 EACH)-th, i = 0, 1, ...: of nine the second, fifth and eighth.
    """
    chosen = {}
    for band in BANDS:
        held = [item for item in predictions if item.bdi is not None and item.clips and band_of(item.bdi) == band]
        ordered = sorted(held, key=lambda item: (item.bdi, item.recording))
        each = min(EACH, len(ordered))
        chosen[band.name] = [ordered[len(ordered) * (2 * i + 1) // (2 * each)] for i in range(each)]
    return chosen


def write_curves(
    path: Path,
    chosen: Mapping[str, Sequence[Prediction]],
    videos: Sequence[VideoEstimate],
    rates: Mapping[str, float],
    length: int,
) -> None:
    """Write `curves` as a PNG file."""
    write_png(path, lambda: curves(chosen, videos, rates, length), DOTS)


def curves(
    chosen: Mapping[str, Sequence[Prediction]],
    videos: Sequence[VideoEstimate],
    rates: Mapping[str, float],
    length: int,
) -> Figure:
    """Draw a row of panels for each band, one scale for all estimates.

    Args:
        chosen: see `choose_face`.
        videos: the estimates of clips, of at least the chosen recordings.
        rates: frames a second of each chosen recording's sequence.
        length: frames of a clip.
    """
    left, right, bottom, top = MARGINS
    width, height = EACH * PANEL[0] + left + right, len(BANDS) * PANEL[1] + bottom + top
    figure = new_figure(width, height)
    clips = {video.recording: video.clips for video in videos}
    shown = [item for items in chosen.values() for item in items]
    every = [clip.estimate for item in shown for clip in clips[item.recording]]
    limits = min([LEAST, *every]) - ROOM, max([MOST, *every, *(item.bdi or 0.0 for item in shown)]) + ROOM
    for row, band in enumerate(BANDS):
        items = chosen.get(band.name, [])
        for column in range(EACH):
            place = (
                (left + column * PANEL[0]) / width,
                (bottom + (len(BANDS) - 1 - row) * PANEL[1]) / height,
                PANEL[0] * (1 - GAP) / width,
                PANEL[1] * (1 - 2 * GAP) / height,
            )
            axes = figure.add_axes(place)
            axes.set_ylim(*limits)
            axes.tick_params(labelsize=8, labelleft=column == 0)
            if column == 0:
                axes.set_ylabel(f"{band.name}\n{band.low}\N{EN DASH}{band.high}")
            if column >= len(items):
                axes.set_axis_off() if column else axes.set(xticks=[], title="no video")
                continue
            _panel(axes, items[column], clips[items[column].recording], rates[items[column].recording], length)
    figure.supxlabel("Seconds", y=0.36 / height, fontsize=10)
    figure.legend(
        *_legend(figure), loc="lower center", bbox_to_anchor=(0.5, 0.02 / height), ncols=3, frameon=False, fontsize=9
    )
    return figure


def _panel(axes: Axes, item: Prediction, clips: Sequence, rate: float, length: int) -> None:
    for number, clip in enumerate(clips):
        begin = clip.start / rate
        end = begin + (length if clip.start else clip.weight) / rate  # a looped video is its first clip, and shorter
        label = "estimate of a clip, over its time" if number == 0 else None
        axes.plot([begin, end], [clip.estimate] * 2, color="#08519c", lw=2.4, label=label, solid_capstyle="butt")
    axes.axhline(item.estimate, color="black", lw=1, label="estimate of the video")
    axes.axhline(item.bdi or 0.0, color="black", lw=1.2, ls=(0, (5, 4)), label="score")
    axes.set_title(f"score {item.bdi:g}, estimate {item.estimate:.1f}", fontsize=9, pad=3)


def _legend(figure: Figure) -> tuple[list, list]:
    found: dict[str, object] = {}
    for axes in figure.axes:
        found |= dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    return list(found.values()), list(found)
