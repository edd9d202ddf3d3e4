"""The figure of a power analysis: r and RMSE over the constant's against the planted slowing, a curve per estimator."""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.png import new_figure
from pipeline.statistics.interval import Interval
from pipeline.studies.power import POINTS, POWER, PowerCurve

WIDTH, HEIGHT = 9.0, 4.6  # inches
SHIFT = 0.012  # between curves, as a share of the x axis, so that bars do not hide each other
# Markers and lines distinguish the curves without colour.
STYLES: tuple[dict[str, Any], ...] = (
    {"marker": "o", "color": "#08519c", "ls": "-"},
    {"marker": "s", "color": "#c2571a", "ls": "--"},
    {"marker": "^", "color": "#2b6d3a", "ls": ":"},
)
REFERENCE: dict[str, Any] = {"color": "#404040", "ls": "-.", "lw": 1.2}


def draw_power(title: str, curves: Sequence[PowerCurve], scale: str) -> Figure:
    """Draw the mean of each curve with its interval, and every draw: filled if the cue was found in it."""
    figure = new_figure(WIDTH, HEIGHT, layout="constrained")
    left, right = figure.subplots(1, 2)
    cues = {point.cue: 100 * point.slowing for curve in curves for point in curve.points}
    reach = (max(cues.values()) - min(cues.values())) or 1.0
    for number, curve in enumerate(curves):
        shift = SHIFT * reach * (number - (len(curves) - 1) / 2)
        style = STYLES[number % len(STYLES)]
        _draw_curve(left, curve, [point.r for point in curve.points], _values_of_r(curve), shift, style)
        ratios = [[draw.ratio for draw in point.draws] for point in curve.points]
        _draw_curve(right, curve, [point.ratio for point in curve.points], ratios, shift, style)
        if smallest := curve.smallest:
            left.axvline(100 * smallest.slowing + shift, color=style["color"], ls=style["ls"], lw=0.8)
    left.axhline(0, label="nothing read: r = 0, or the constant's RMSE", **REFERENCE)
    right.axhline(1, **REFERENCE)
    left.set(ylabel="Pearson's r: better upwards")
    right.set(ylabel="RMSE over the constant's: better downwards")
    for axes in (left, right):
        axes.set_xticks(list(cues.values()), [f"{slowing:.0f} %\ncue {cue:g}" for cue, slowing in cues.items()])
        axes.set_xlabel(f"planted slowing per {POINTS} points of {scale}")
        axes.grid(axis="y", color="#dddddd")
    caption = (
        "filled: found, r above 0 with its 95 % interval; upright line: the smallest found in "
        f"{100 * POWER:.0f} % of draws"
    )
    figure.suptitle(f"{title}\n{caption}", fontsize=9, x=0.01, ha="left")
    handles, labels = left.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), fontsize=8, frameon=False)
    return figure


def _draw_curve(
    axes: Axes,
    curve: PowerCurve,
    means: Sequence[Interval | None],
    values: Sequence[Sequence[float | None]],
    shift: float,
    style: dict[str, Any],
) -> None:
    """Draw the means with their bars, and beside them the value of each draw."""
    drawn = [(100 * point.slowing + shift, mean) for point, mean in zip(curve.points, means, strict=True) if mean]
    positions, levels = [position for position, _ in drawn], [mean.value for _, mean in drawn]
    bars = [
        [mean.value - _end(mean, mean.low) for _, mean in drawn],
        [_end(mean, mean.high) - mean.value for _, mean in drawn],
    ]
    axes.errorbar(positions, levels, yerr=bars, capsize=3, ms=3, label=curve.label, **style)
    for point, own in zip(curve.points, values, strict=True):
        for draw, value in zip(point.draws, own, strict=True):
            if value is not None:
                fill = style["color"] if draw.is_found else "none"
                look = {**style, "ls": "", "ms": 7, "mfc": fill, "alpha": 0.45}
                axes.plot(100 * point.slowing + shift, value, **look)


def _values_of_r(curve: PowerCurve) -> list[list[float | None]]:
    return [[draw.r.value if draw.r else None for draw in point.draws] for point in curve.points]


def _end(mean: Interval, end: float | None) -> float:
    return mean.value if end is None else end
