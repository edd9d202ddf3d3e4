"""Thumbnails of the recordings with the worst face detection. They show subjects and must not be passed on."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from pipeline.detection.figure import COLOURS
from pipeline.detection.measure import ORIGINS, Detection, worst_first
from pipeline.png import new_figure, write_png
from pipeline.zarr_store import map_array, read_array, read_attributes

DPI = 120
TILE, GAP = 0.95, 0.07  # inches: from one face to the next, and the space between two faces
LABEL, TOP, MARGIN = 1.65, 0.35, 0.1  # inches: width of the labels, height of the heading, and the borders
MIN_COLUMNS = 7  # the heading needs their width
EDGE_WIDTH = 2.5  # points: of the border of a face, which has the colour of its origin


def write_thumbnails(path: Path, aligned: Path, detections: Sequence[Detection], worst: int, faces: int) -> None:
    """Write the figure that `draw_thumbnails` returns as a PNG file.

    Equal content gives equal bytes, whatever the user's plot settings are.
    """
    write_png(path, lambda: draw_thumbnails(aligned, worst_first(detections)[:worst], faces), DPI)


def evenly_spaced(frames: int, count: int) -> list[int]:
    """Return the middle frames of `count` equal parts of a recording; with fewer frames than parts, frames repeat.

    Examples:
        >>> evenly_spaced(100, 4)
        [12, 37, 62, 87]
        >>> evenly_spaced(2, 4)
        [0, 0, 1, 1]
    """
    return [(2 * part + 1) * frames // (2 * count) for part in range(count)] if frames else []


def draw_thumbnails(aligned: Path, detections: Sequence[Detection], faces: int) -> Figure:
    """Draw a row of faces for each recording, labelled with its opaque id.

    Args:
        aligned: folder of all aligned recordings.
        detections: the recordings to draw, in order.
        faces: number of faces of each recording, evenly spaced in time.
    """
    width, height = LABEL + max(faces, MIN_COLUMNS) * TILE, TOP + max(len(detections), 1) * TILE + MARGIN
    figure = new_figure(width, height)
    side = TILE - GAP
    for row, detection in enumerate(detections):
        bottom = height - TOP - (row + 1) * TILE
        figure.text(MARGIN / width, (bottom + side / 2) / height, _label(detection), va="center", fontsize=7.5)
        folder = aligned / detection.recording
        crops, origins, attributes = map_array(folder, "faces"), read_array(folder, "origin"), read_attributes(folder)
        names = {code: name for name, code in attributes["origin_codes"].items()}
        for column, frame in enumerate(evenly_spaced(detection.frames, faces)):
            position = ((LABEL + column * TILE) / width, bottom / height, side / width, side / height)
            _draw_face(figure.add_axes(position), crops[frame], names[int(origins[frame])])
    title = "Fewest frames with a face, then lowest confidence" if detections else "No recording was aligned"
    figure.text(MARGIN / width, 1 - TOP / 2 / height, title, va="center", fontsize=8)
    legend = [Patch(color=COLOURS[origin], label=origin) for origin in ORIGINS]
    figure.legend(
        handles=legend,
        loc="center right",
        bbox_to_anchor=(1, 1 - TOP / 2 / height),
        ncols=len(ORIGINS),
        frameon=False,
        fontsize=8,
        columnspacing=1.0,
    )
    return figure


def _draw_face(axes: Axes, crop: np.ndarray, origin: str) -> None:
    """Draw a face crop with a border in the colour of its origin; an absent face is a crossed-out field."""
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set(color=COLOURS[origin], lw=EDGE_WIDTH)
    if origin == "absent":
        axes.set(facecolor="#f7f7f7", xlim=(0, 1), ylim=(0, 1))
        axes.plot([0, 1, np.nan, 0, 1], [0, 1, np.nan, 1, 0], color=COLOURS["absent"], lw=1)
    else:
        axes.imshow(crop)


def _label(detection: Detection) -> str:
    """Return the label of a row: opaque id, coverage, confidence and longest absence."""
    confidence = "" if detection.confidence_low is None else f"\nconfidence {detection.confidence_low:.3f} (5 %)"
    lines = [detection.opaque, f"{100 * detection.coverage:.1f} % of {detection.frames:,} frames"]
    return "\n".join(lines) + confidence + f"\nlongest absence {detection.longest_absence:,}"
