"""A picture of the recordings with the fewest and least sure faces. It shows people: it is not for others."""

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

DOTS = 120  # an inch
TILE, GAP = 0.95, 0.07  # inches: a face with its room, and the room between two
LABEL, TOP, MARGIN = 1.65, 0.35, 0.1  # inches: left of a row, above all rows, and at the borders
FEWEST = 7  # columns that the heading needs
EDGE = 2.5  # points: the frame of a face, in the colour of its origin


def write_thumbnails(path: Path, aligned: Path, detections: Sequence[Detection], worst: int, faces: int) -> None:
    """Write `thumbnails` as a PNG file; equal content gives equal bytes, whatever the user's own plot settings are."""
    write_png(path, lambda: thumbnails(aligned, worst_first(detections)[:worst], faces), DOTS)


def evenly_spaced(frames: int, wanted: int) -> list[int]:
    """Frames in the middle of `wanted` equal parts of a recording; some occur twice where it is shorter.

    >>> evenly_spaced(100, 4)
    [12, 37, 62, 87]
    >>> evenly_spaced(2, 4)
    [0, 0, 1, 1]
    """
    return [(2 * part + 1) * frames // (2 * wanted) for part in range(wanted)] if frames else []


def thumbnails(aligned: Path, detections: Sequence[Detection], faces: int) -> Figure:
    """Draw a row for each recording, under its opaque id.

    Args:
        aligned: the folder of all aligned recordings.
        detections: what is drawn, in order.
        faces: how many of each, evenly spaced in time.
    """
    width, height = LABEL + max(faces, FEWEST) * TILE, TOP + max(len(detections), 1) * TILE + MARGIN
    drawn = new_figure(width, height)
    side = TILE - GAP
    for row, found in enumerate(detections):
        bottom = height - TOP - (row + 1) * TILE
        drawn.text(MARGIN / width, (bottom + side / 2) / height, _label(found), va="center", fontsize=7.5)
        folder = aligned / found.recording
        pictures, origins, about = map_array(folder, "faces"), read_array(folder, "origin"), read_attributes(folder)
        names = {code: name for name, code in about["origin_codes"].items()}
        for column, frame in enumerate(evenly_spaced(found.frames, faces)):
            place = ((LABEL + column * TILE) / width, bottom / height, side / width, side / height)
            _draw_face(drawn.add_axes(place), pictures[frame], names[int(origins[frame])])
    title = "Fewest frames with a face, then lowest confidence" if detections else "No recording was aligned"
    drawn.text(MARGIN / width, 1 - TOP / 2 / height, title, va="center", fontsize=8)
    origins_drawn = [Patch(color=COLOURS[origin], label=origin) for origin in ORIGINS]
    drawn.legend(
        handles=origins_drawn,
        loc="center right",
        bbox_to_anchor=(1, 1 - TOP / 2 / height),
        ncols=len(ORIGINS),
        frameon=False,
        fontsize=8,
        columnspacing=1.0,
    )
    return drawn


def _draw_face(axes: Axes, picture: np.ndarray, origin: str) -> None:
    """A face in a frame of its origin's colour, or a crossed-out field where there is none."""
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set(color=COLOURS[origin], lw=EDGE)
    if origin == "absent":
        axes.set(facecolor="#f7f7f7", xlim=(0, 1), ylim=(0, 1))
        axes.plot([0, 1, np.nan, 0, 1], [0, 1, np.nan, 1, 0], color=COLOURS["absent"], lw=1)
    else:
        axes.imshow(picture)


def _label(found: Detection) -> str:
    sure = "" if found.confidence_low is None else f"\nconfidence {found.confidence_low:.3f} (5 %)"
    lines = [found.opaque, f"{100 * found.coverage:.1f} % of {found.frames:,} frames"]
    return "\n".join(lines) + sure + f"\nlongest absence {found.longest_absence:,}"
