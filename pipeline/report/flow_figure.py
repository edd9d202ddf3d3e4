"""The figure of the flow of recordings: what is left after each step, and beside it what is left out."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from pipeline.png import new_figure

DPI = 150
WIDTH, ROW = 7.2, 0.72  # inches
HEIGHT = 0.66  # of a box, in rows
MAIN, SIDE = (0.22, 0.28), (0.74, 0.48)  # centre and width of the boxes of both columns, in shares of the figure
USE_WIDTH = 0.28
USED = ("fitted", "validated", "tested")
INK, LEFT_OUT, KEPT = "#1f2933", "#f7e3d4", "#dbe7f3"

Counts = tuple[int, int]  # recordings, people


def draw_flow(counts: Mapping[str, Counts], words: Mapping[str, str]) -> Figure:
    """Draw the flow of a corpus.

    Args:
        counts: by step: the listed ones, those that are left out in order, and the uses, which are drawn last.
        words: of each step.
    """
    first, *others = counts
    left_out = [step for step in others if step not in USED]
    uses = [step for step in others if step in USED and counts[step][0]]
    rows = len(left_out) + 2
    figure = new_figure(WIDTH, ROW * rows)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, 1), ylim=(rows - 0.5, -0.5))
    axes.set_axis_off()
    _box(axes, *MAIN, 0, f"{words[first]}\n{_numbers(counts[first])}", KEPT)
    centre, left = MAIN[0], counts[first][0]
    for row, step in enumerate(left_out, start=1):
        left -= counts[step][0]
        _box(axes, *MAIN, row, f"{left:,} recordings left", KEPT)
        _box(axes, *SIDE, row - 0.5, f"{words[step]}\n{_numbers(counts[step])}", LEFT_OUT)
        _arrow(axes, (centre, row - 1 + HEIGHT / 2), (centre, row - HEIGHT / 2))
        _arrow(axes, (centre, row - 0.5), (SIDE[0] - SIDE[1] / 2, row - 0.5))
    for number, step in enumerate(uses):
        at = MAIN[0] + number * (USE_WIDTH + 0.02)
        _box(axes, at, USE_WIDTH, rows - 1, f"{words[step]}\n{_numbers(counts[step])}", KEPT)
        _arrow(axes, (centre, rows - 2 + HEIGHT / 2), (at, rows - 1 - HEIGHT / 2))
    return figure


def _numbers(counts: Counts) -> str:
    return f"{counts[0]:,} ({counts[1]:,})"


def _box(axes: Axes, x: float, width: float, y: float, text: str, colour: str) -> None:
    corner = (x - width / 2, y - HEIGHT / 2)
    axes.add_patch(Rectangle(corner, width, HEIGHT, facecolor=colour, edgecolor=INK, linewidth=0.8))
    axes.text(x, y, text, ha="center", va="center", fontsize=9, color=INK)


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    style = {"arrowstyle": "-|>", "color": INK, "linewidth": 0.8, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", end, start, arrowprops=style)
