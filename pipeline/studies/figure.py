"""The figure of a study: error along what varies (figure 4 of the paper), or a line a grid point."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from pipeline.studies.collect import Row, Spread
from pipeline.studies.definition import Study, value_at

DOTS = 150  # an inch
WIDTH, HEIGHT, LINE = 7.0, 4.6, 0.42  # inches; of a line where each point has one
LETTERS = 34  # of a label before it is broken
# Shapes, fillings and lightness tell the errors apart; no colour is needed to read them.
LOOKS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("RMSE", "rmse", {"marker": "o", "color": "#08519c", "mfc": "#08519c", "ls": "-"}),
    ("MAE", "mae", {"marker": "s", "color": "#c2571a", "mfc": "white", "ls": "--"}),
)
VALIDATION: dict[str, Any] = {"marker": "x", "color": "#404040", "ls": ":"}


def write_figure(path: Path, study: Study, rows: Sequence[Row]) -> bool:
    """Write the figure as a PNG file; False, and nothing, where no row has a finished experiment."""
    drawn = [row for row in rows if row.figure("rmse")]
    if not drawn:
        return False
    with matplotlib.style.context("default"):
        partial = path.with_name(path.name + ".partial")
        draw(study, drawn).savefig(partial, format="png", dpi=DOTS, metadata={"Software": None})
    os.replace(partial, path)
    return True


def draw(study: Study, rows: Sequence[Row]) -> Figure:
    """Draw the errors of rows that have some, with 95 % intervals over subjects or the deviation between repeats."""
    along = study.x is not None
    height = HEIGHT if along else 1.6 + LINE * len(rows)
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    places = [_place(study, row) for row in rows] if along else list(range(len(rows)))
    for number, (label, name, look) in enumerate(LOOKS):
        _errors(axes, places, [row.figure(name) for row in rows], label, look, along, number)
    if any(row.validation for row in rows):
        _errors(axes, places, [row.validation for row in rows], "RMSE, validation", VALIDATION, along, len(LOOKS))
    if along:
        axes.set(xlabel=study.x, ylabel="error in points of BDI-II", xticks=places)
        axes.grid(axis="y", color="#dddddd")
    else:
        axes.set_yticks(places, [_broken(row.label) for row in rows])
        axes.invert_yaxis()
        axes.set(xlabel="error in points of BDI-II")
        axes.grid(axis="x", color="#dddddd")
    axes.set_title(f"{study.title}\nbars: {_bars(rows)}", fontsize=9, loc="left")
    axes.legend(fontsize=9, frameon=False)
    return figure


def _errors(
    axes: Axes,
    places: Sequence[float],
    found: Sequence[Spread | None],
    label: str,
    look: dict[str, Any],
    along: bool,
    number: int,
) -> None:
    shown = [(place, item) for place, item in zip(places, found, strict=True) if item]
    values = [item.value for _, item in shown]
    bars = [_bar(item) for _, item in shown]
    ends = [[low for low, _ in bars], [high for _, high in bars]]
    if along:
        axes.errorbar([place for place, _ in shown], values, yerr=ends, capsize=4, label=label, **look)
    else:
        aside = [place + 0.16 * (number - 0.5) for place, _ in shown]
        axes.errorbar(values, aside, xerr=ends, capsize=3, label=label, **{**look, "ls": ""})


def _bar(item: Spread) -> tuple[float, float]:
    """What a bar reaches below and above its value."""
    if item.deviation is not None:
        return item.deviation, item.deviation
    if item.low is None or item.high is None:
        return 0.0, 0.0
    return max(item.value - item.low, 0.0), max(item.high - item.value, 0.0)


def _place(study: Study, row: Row) -> float:
    return float(value_at(row.outcomes[0].params, study.x or ""))


def _bars(rows: Sequence[Row]) -> str:
    if all(len(row.outcomes) > 1 for row in rows):
        return "standard deviation between repeats"
    mixed = any(len(row.outcomes) > 1 for row in rows)
    return "95 % interval over subjects" + (", or standard deviation between repeats" if mixed else "")


def _broken(label: str) -> str:
    lines = [""]
    for word in label.split():
        if len(lines[-1]) + len(word) > LETTERS:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)
