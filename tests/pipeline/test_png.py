"""PNG figures: text in them is shown as it is, whatever it contains."""

import io

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

from pipeline.png import new_figure, png_bytes


def _figure(text: str) -> Figure:
    figure = new_figure(3, 1)
    axes = figure.subplots()
    axes.set_title(text)
    axes.plot([0, 1], label=text)
    axes.legend()
    figure.text(0, 0, text)
    return figure


def _pixels(text: str) -> np.ndarray:
    return imread(io.BytesIO(png_bytes(lambda: _figure(text), 50)))


@pytest.mark.parametrize("text", ["Ba$$in.mkv", r"$\frac{1}{$.mp4", r"a^{2}_b\%$x$.mkv"])
def test_a_name_is_no_formula(text: str) -> None:
    assert (_pixels(text) != _pixels(text.replace("$", ""))).any()  # every $ is drawn
    drawn: list[Figure] = []

    def draw() -> Figure:
        drawn.append(_figure(text))
        return drawn[0]

    png_bytes(draw, 50)
    (axes,) = drawn[0].axes
    legend = axes.get_legend()
    assert legend is not None
    texts = [axes.title, *drawn[0].texts, *legend.get_texts(), *axes.get_xticklabels()]
    assert len(texts) > 3 and not any(item.get_parse_math() for item in texts)
