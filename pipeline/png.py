"""PNG figures: drawn without a display, in the default style of Matplotlib, the same bytes for the same content."""

import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import matplotlib.style
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from pipeline.runtime.atomic import atomic_file


def new_figure(width: float, height: float, **options: Any) -> Figure:
    """Create an empty figure of `width` x `height` inches that needs no display."""
    figure = Figure(figsize=(width, height), **options)
    FigureCanvasAgg(figure)
    return figure


def write_png(path: Path, draw: Callable[[], Figure], dpi: int, metadata: Mapping[str, str] | None = None) -> None:
    """Write the figure that `draw` returns to `path`, which is replaced atomically; see `png_bytes`."""
    with atomic_file(path) as partial:
        partial.write_bytes(png_bytes(draw, dpi, metadata))


def png_bytes(draw: Callable[[], Figure], dpi: int, metadata: Mapping[str, str] | None = None) -> bytes:
    """Return the figure that `draw` returns as the content of a PNG file.

    Args:
        draw: draws the figure; it runs with Matplotlib's default style, whatever the user's own settings are.
        dpi: dots per inch.
        metadata: text entries of the PNG header.
    """
    stream = io.BytesIO()
    # Text in figures is shown as it is: names and titles of users may contain $, which begins a formula.
    with matplotlib.style.context(["default", {"text.parse_math": False}]):
        # Without "Software" the file does not depend on Matplotlib's version number.
        draw().savefig(stream, format="png", dpi=dpi, metadata={"Software": None, **(metadata or {})})
    return stream.getvalue()
