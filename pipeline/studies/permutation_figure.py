"""The figure of a permutation test: the results on permuted scores, with the one on the true scores marked."""

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.png import new_figure
from pipeline.studies.permutation import PermutationTest

WIDTH, ROW_HEIGHT, MARGINS = 9.0, 1.3, 1.6  # inches
SPREAD = 0.22  # of the points of a row around its line, as a share of the distance between rows
BINS = 24  # over the width of a panel: points in one bin are spread
LABEL_LENGTH = 20  # characters of a label before it is wrapped
TRUE, EXPECTED = "#c2571a", "#404040"
POINTS: dict[str, Any] = {"ls": "", "marker": "o", "ms": 5, "color": "#08519c", "mfc": "none", "alpha": 0.8}


def draw_permutation(title: str, tests: Sequence[PermutationTest], scale: str) -> Figure:
    """Draw a row for each kind of permutation: RMSE on the left, and r on the right if all runs have it."""
    with_r = all(test.pcc for test in tests)
    figure = new_figure(WIDTH, MARGINS + ROW_HEIGHT * len(tests), layout="constrained")
    panels = figure.subplots(1, 2 if with_r else 1, sharey=True, squeeze=False)[0]
    _draw_rows(panels[0], [test.rmse.draws for test in tests], tests[0].rmse.observed)
    for row, test in enumerate(tests):
        mean = float(np.mean(test.constants))
        label = "what nothing learned gives: the constant (mean over draws), r = 0" if row == 0 else "_"
        panels[0].plot([mean, mean], [row - 0.4, row + 0.4], color=EXPECTED, ls="-.", lw=1.2, label=label)
    panels[0].set(xlabel=f"RMSE in points of {scale}: better to the left")
    if with_r:
        placed = [test.pcc for test in tests if test.pcc]
        _draw_rows(panels[1], [item.draws for item in placed], placed[0].observed)
        panels[1].axvline(0, color=EXPECTED, ls="-.", lw=1.2)
        panels[1].set(xlabel="Pearson's r: better to the right")
    panels[0].set_yticks(range(len(tests)), [_label(test) for test in tests], fontsize=9)
    panels[0].set(ylim=(len(tests) - 0.5, -0.5))
    figure.suptitle(title, fontsize=10, x=0.01, ha="left")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, fontsize=8, frameon=False)
    return figure


def _draw_rows(axes: Axes, rows: Sequence[Sequence[float]], observed: float) -> None:
    low, high = (function([observed, *(value for row in rows for value in row)]) for function in (min, max))
    for number, values in enumerate(rows):
        label = "runs on permuted scores" if number == 0 else "_"
        offsets = _spread_out(values, (high - low) / BINS or 1.0)
        axes.plot(values, number + SPREAD * offsets, label=label, **POINTS)
    axes.axvline(observed, color=TRUE, lw=2.0, label="run on the true scores")
    axes.grid(axis="x", color="#dddddd")


def _spread_out(values: Sequence[float], width: float) -> np.ndarray:
    """Return an offset for each value, from -1 to 1, so that values in one bin do not hide each other."""
    bins = np.floor(np.asarray(values) / width)
    offsets = np.zeros(len(values))
    for name in np.unique(bins):
        members = np.flatnonzero(bins == name)
        if len(members) > 1:
            offsets[members] = np.linspace(-1, 1, len(members))
    return offsets


def _label(test: PermutationTest) -> str:
    p = f"p {test.rmse.p.value:.3f} (RMSE)" + (f", {test.pcc.p.value:.3f} (r)" if test.pcc else "")
    return "\n".join([textwrap.fill(test.label, LABEL_LENGTH), p, *(["LEAK?"] if test.leaks else [])])
