"""The figure of a study: error along what varies (figure 4 of the paper), or a line a grid point."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.png import new_figure, write_png
from pipeline.studies.collect import Row, Spread
from pipeline.studies.definition import Study, value_at

DOTS = 150  # an inch
WIDTH, HEIGHT = 7.0, 4.8  # inches
TOP, LINE = 1.5, 0.5  # inches of what is not lines, and of a line, where each row has one
STEP = 0.22  # of a line, between the errors in it
ASIDE = 0.008  # of the x axis, likewise: bars do not hide each other
UNIT = "error in points of BDI-II"
LETTERS = 34  # of a label before it is broken
# Shapes, fillings and lightness tell the errors apart; no colour is needed to read them.
LOOKS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("RMSE", "rmse", {"marker": "o", "color": "#08519c", "mfc": "#08519c", "ls": "-"}),
    ("MAE", "mae", {"marker": "s", "color": "#c2571a", "mfc": "white", "ls": "--"}),
)
VALIDATION: dict[str, Any] = {"marker": "x", "color": "#404040", "ls": ":"}
CONSTANT: dict[str, Any] = {"color": "#404040", "ls": "-.", "lw": 1.0}
FAINT = 0.45  # how strongly each repeat shows beside their mean


def write_figure(path: Path, study: Study, rows: Sequence[Row]) -> bool:
    """Write the figure as a PNG file; False, and nothing, where no row has a finished experiment."""
    drawn = [row for row in rows if row.figure("rmse")]
    if not drawn:
        return False
    write_png(path, lambda: draw(study, drawn), DOTS)
    return True


def draw(study: Study, rows: Sequence[Row]) -> Figure:
    """Draw the errors of rows that have some, with 95 % intervals over subjects or the deviation between repeats.

    Along the study's x where every row has a number of its own there, else a line a row.
    """
    along = _along(study, rows)
    places = list(range(len(rows))) if along is None else along
    figure = new_figure(WIDTH, HEIGHT if along else TOP + LINE * len(rows), layout="constrained")
    axes = figure.add_subplot()
    found = [(label, [row.figure(name) for row in rows], look) for label, name, look in LOOKS]
    found.append(("RMSE, validation", [row.validation for row in rows], VALIDATION))
    shown = [item for item in found if any(item[1])]
    for number, (label, values, look) in enumerate(shown):
        middle = number - (len(shown) - 1) / 2
        if along:
            aside = [place + ASIDE * middle * (max(places) - min(places)) for place in places]
            _errors(axes, aside, values, label, look, upright=True)
        else:
            aside = [place + STEP * middle for place in places]
            _errors(axes, aside, values, label, {**look, "ls": ""}, upright=False)
    _constant(axes, places, [row.figure("rmse", of="constant") for row in rows], upright=bool(along))
    if along:
        axes.set(xlabel=study.x, ylabel=UNIT, xticks=places)
        axes.grid(axis="y", color="#dddddd")
    else:
        axes.set_yticks(places, [_broken(row.label) for row in rows])
        axes.set(xlabel=UNIT, ylim=(len(rows) - 0.5, -0.5))
        axes.grid(axis="x", color="#dddddd")
    axes.set_title(f"{study.title}\nbars: {_bars(rows)}", fontsize=9, loc="left")
    figure.legend(loc="outside lower center", ncols=len(shown) + 1, fontsize=9, frameon=False)
    return figure


def _along(study: Study, rows: Sequence[Row]) -> list[float] | None:
    """Where each row lies along x; None where that is no axis for these rows."""
    found = [value_at(row.outcomes[0].params, study.x) if study.x else None for row in rows]
    numbers = [float(value) for value in found if isinstance(value, int | float)]
    return numbers if len(set(numbers)) == len(rows) else None


def _errors(
    axes: Axes, places: Sequence[float], found: Sequence[Spread | None], label: str, look: dict[str, Any], upright: bool
) -> None:
    known = [(place, item) for place, item in zip(places, found, strict=True) if item]
    shown = sorted((place, item.value, *_bar(item)) for place, item in known)
    repeats = [(place, value) for place, item in known for value in item.each]
    at, values, below, above = (list(column) for column in zip(*shown, strict=True))
    if upright:
        axes.errorbar(at, values, yerr=[below, above], capsize=4, label=label, **look)
    else:
        axes.errorbar(values, at, xerr=[below, above], capsize=3, label=label, **look)
    for place, value in repeats:
        spot = (place, value) if upright else (value, place)
        axes.plot(*spot, marker=look["marker"], color=look["color"], mfc="none", ls="", ms=4, alpha=FAINT)


def _constant(axes: Axes, places: Sequence[float], found: Sequence[Spread | None], upright: bool) -> None:
    """Mark the RMSE of the constant at each place: what no estimate may be worse than."""
    reach = 0.5 * min((abs(a - b) for a in places for b in places if a != b), default=1.0)
    label = "RMSE, constant"
    for place, item in zip(places, found, strict=True):
        if item:
            ends = [place - reach, place + reach], [item.value, item.value]
            axes.plot(*(ends if upright else ends[::-1]), label=label, **CONSTANT)
            label = "_"  # one line of the legend for all of them


def _bar(item: Spread) -> tuple[float, float]:
    """What a bar reaches below and above its value."""
    if item.deviation is not None:
        return item.deviation, item.deviation
    if item.low is None or item.high is None:
        return 0.0, 0.0
    return max(item.value - item.low, 0.0), max(item.high - item.value, 0.0)


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
