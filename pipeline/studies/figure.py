"""The figure of a study: errors over the parameter that varies (figure 4 of the paper), or one line per grid point."""

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.experiments.dotted_keys import value_at
from pipeline.png import new_figure, write_png
from pipeline.studies.collect import Row, Spread
from pipeline.studies.definition import Study
from pipeline.studies.permutation import permutation_tests
from pipeline.studies.permutation_figure import draw_permutation
from pipeline.studies.power import power_curves
from pipeline.studies.power_figure import draw_power

DPI = 150
WIDTH, HEIGHT = 7.0, 4.8  # inches
MARGINS, LINE_HEIGHT = 1.5, 0.5  # inches, of a figure with one line per row
LINE_OFFSET = 0.22  # between the metrics of a row, as a share of the line height
X_OFFSET = 0.008  # between the metrics of a point, as a share of the x axis, so that bars do not hide each other
LABEL_LENGTH = 34  # characters of a label before it is wrapped
# Markers, fillings and lightness distinguish the metrics without colour.
STYLES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("RMSE", "rmse", {"marker": "o", "color": "#08519c", "mfc": "#08519c", "ls": "-"}),
    ("MAE", "mae", {"marker": "s", "color": "#c2571a", "mfc": "white", "ls": "--"}),
)
VALIDATION: dict[str, Any] = {"marker": "x", "color": "#404040", "ls": ":"}
CONSTANT: dict[str, Any] = {"color": "#404040", "ls": "-.", "lw": 1.0}
REPEAT_ALPHA = 0.45  # opacity of a single repeat beside the mean


def write_figure(path: Path, study: Study, rows: Sequence[Row]) -> bool:
    """Write the figure as a PNG file; return False and write nothing if nothing is finished that it shows."""
    finished = [row for row in rows if row.metric("rmse")]
    if not finished or (study.draws and not power_curves(study, finished)):
        return False
    write_png(path, lambda: draw(study, finished), DPI)
    return True


def draw(study: Study, rows: Sequence[Row]) -> Figure:
    """Draw the errors of finished rows, with 95 % intervals over subjects, and over seeds if they were varied.

    The x axis is the study's `x` if every row has a number of its own there; else each row is a line. A permutation
    test and a power analysis have figures of their own.
    """
    if curves := power_curves(study, rows):
        return draw_power(study.title, curves, rows[0].outcomes[0].scale.name)
    if tests := permutation_tests(study, rows):
        return draw_permutation(study.title, tests, rows[0].outcomes[0].scale.name)
    x_values, unit = _x_values(study, rows), f"error in points of {rows[0].outcomes[0].scale.name}"
    positions = list(range(len(rows))) if x_values is None else x_values
    figure = new_figure(WIDTH, HEIGHT if x_values else MARGINS + LINE_HEIGHT * len(rows), layout="constrained")
    axes = figure.add_subplot()
    series = [(label, [row.metric(name) for row in rows], style) for label, name, style in STYLES]
    series.append(("RMSE, validation", [row.validation for row in rows], VALIDATION))
    present = [item for item in series if any(item[1])]
    for number, (label, spreads, style) in enumerate(present):
        offset = number - (len(present) - 1) / 2
        if x_values:
            shifted = [position + X_OFFSET * offset * (max(positions) - min(positions)) for position in positions]
            _draw_errors(axes, shifted, spreads, label, style, upright=True)
        else:
            shifted = [position + LINE_OFFSET * offset for position in positions]
            _draw_errors(axes, shifted, spreads, label, {**style, "ls": ""}, upright=False)
    _draw_constant(axes, positions, [row.metric("rmse", estimator="constant") for row in rows], upright=bool(x_values))
    if x_values:
        axes.set(xlabel=study.x, ylabel=unit, xticks=positions)
        axes.grid(axis="y", color="#dddddd")
    else:
        axes.set_yticks(positions, [textwrap.fill(row.label, LABEL_LENGTH) for row in rows])
        axes.set(xlabel=unit, ylim=(len(rows) - 0.5, -0.5))
        axes.grid(axis="x", color="#dddddd")
    axes.set_title(f"{study.title}\nbars: {_bar_caption(rows)}", fontsize=9, loc="left")
    figure.legend(loc="outside lower center", ncols=len(present) + 1, fontsize=9, frameon=False)
    return figure


def _x_values(study: Study, rows: Sequence[Row]) -> list[float] | None:
    """Return the value of each row on the x axis; None if the rows do not have different numbers there."""
    values = [value_at(row.outcomes[0].params, study.x) if study.x else None for row in rows]
    numbers = [float(value) for value in values if isinstance(value, int | float)]
    return numbers if len(set(numbers)) == len(rows) else None


def _draw_errors(
    axes: Axes,
    positions: Sequence[float],
    spreads: Sequence[Spread | None],
    label: str,
    style: dict[str, Any],
    upright: bool,
) -> None:
    """Draw one metric with error bars, and a faint marker for each repeat; `upright` puts the metric on the y axis."""
    pairs = [(position, item) for position, item in zip(positions, spreads, strict=True) if item]
    bars = sorted((position, item.value, *_bar(item)) for position, item in pairs)
    repeats = [(position, value) for position, item in pairs for value in item.values]
    bar_positions, values, below, above = (list(column) for column in zip(*bars, strict=True))
    if upright:
        axes.errorbar(bar_positions, values, yerr=[below, above], capsize=4, label=label, **style)
    else:
        axes.errorbar(values, bar_positions, xerr=[below, above], capsize=3, label=label, **style)
    for position, value in repeats:
        xy = (position, value) if upright else (value, position)
        axes.plot(*xy, marker=style["marker"], color=style["color"], mfc="none", ls="", ms=4, alpha=REPEAT_ALPHA)


def _draw_constant(axes: Axes, positions: Sequence[float], spreads: Sequence[Spread | None], upright: bool) -> None:
    """Draw the RMSE of the constant baseline at each position, which a useful model stays below."""
    reach = 0.5 * min((abs(a - b) for a in positions for b in positions if a != b), default=1.0)
    label = "RMSE, constant"
    for position, item in zip(positions, spreads, strict=True):
        if item:
            ends = [position - reach, position + reach], [item.value, item.value]
            axes.plot(*(ends if upright else ends[::-1]), label=label, **CONSTANT)
            label = "_"  # hidden: the legend has one entry for all of these lines


def _bar(item: Spread) -> tuple[float, float]:
    """Return the length of the error bar below and above the value: the interval, or else the standard deviation."""
    if item.low is not None and item.high is not None:
        return max(item.value - item.low, 0.0), max(item.high - item.value, 0.0)
    return item.deviation or 0.0, item.deviation or 0.0


def _bar_caption(rows: Sequence[Row]) -> str:
    """Return the meaning of the error bars."""
    spreads = [item for row in rows if (item := row.metric("rmse"))]
    sources = "subjects and seeds" if any(item.values and item.low is not None for item in spreads) else "subjects"
    only_deviations = any(item.values and item.low is None for item in spreads)
    return f"95 % interval over {sources}" + (", or standard deviation between runs" if only_deviations else "")
