"""Figure 6 of the paper: relevance over the first and last frame of a clip, for a recording of each severity band."""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.png import new_figure, write_png
from pipeline.saliency.explanation import Explanation
from pipeline.scoring.bands import BANDS

PERSONAL = "Shows faces: personal data where they are of real people. Not for git, not for publication, not for others."
SCALE = "Each clip and network has its own scale: the full colour is for the strongest place of the clip."
DOTS = 200  # an inch
TILE, GAP = 1.3, 0.06  # inches: a face, and the room between two
LABEL, BETWEEN = 2.0, 0.2  # inches: left of a row, and between the first and the last frame
LETTERS = 22  # in a line of a heading
TOP, BOTTOM = 0.85, 0.95  # inches: above and below the faces
RAISES, LOWERS = (0.84, 0.19, 0.12), (0.13, 0.40, 0.80)  # colours of relevance above and below 0
STRONGEST = 0.8  # how much of the colour the strongest place of a clip has; the rest is the face
DARKEST, LIGHTEST = 60, 230  # of the grey face under the colours, which would drown in black hair
MOMENTS = (("first frame", 0), ("last frame", -1))


@dataclass(frozen=True)
class Column:
    """What one network says.

    Attributes:
        title: its name in the figure; empty where it is the only one.
        found: its explanations, by band.
    """

    title: str
    found: Mapping[str, Explanation]


def write_figure6(path: Path, columns: Sequence[Column]) -> None:
    """Write `figure6` as a PNG file, marked as personal data; equal content gives equal bytes."""
    write_png(path, lambda: figure6(columns), DOTS, {"Title": "Relevance over faces", "Disclaimer": PERSONAL})


def figure6(columns: Sequence[Column]) -> Figure:
    """Draw a row for each band: the face, and beside it the relevance as each network has it; first and last frame.

    Each clip has its own scale: the strongest place of all its frames has the full colour.

    Args:
        columns: one, or several to compare. Explanations of one band are of the same clip in all of them.
    """
    tiles = 1 + len(columns)
    group = tiles * TILE
    width = LABEL + len(MOMENTS) * group + BETWEEN + GAP
    height = TOP + len(BANDS) * TILE + BOTTOM
    drawn = new_figure(width, height)
    lefts = [LABEL + number * (group + BETWEEN) for number in range(len(MOMENTS))]

    def write(left: float, bottom: float, text: str, **look: object) -> None:
        drawn.text(left / width, bottom / height, text, **look)  # type: ignore[arg-type]

    def axes_at(left: float, bottom: float, wide: float, high: float) -> Axes:
        return drawn.add_axes((left / width, bottom / height, wide / width, high / height))

    for (name, _), left in zip(MOMENTS, lefts, strict=True):
        write(left + (group - GAP) / 2, height - 0.26, name, ha="center", fontsize=10)
        for number, heading in enumerate(["face", *map(_heading, columns)]):
            place = left + number * TILE + (TILE - GAP) / 2
            write(place, height - TOP + 0.07, heading, ha="center", fontsize=7.5)
    for row, band in enumerate(BANDS):
        bottom = height - TOP - (row + 1) * TILE
        found = [column.found.get(band.name) for column in columns]
        middle = bottom + (TILE - GAP) / 2
        write(0.12, bottom + TILE - 0.12, band.name, va="top", fontsize=11, weight="bold")
        write(0.12, bottom + TILE - 0.36, _label(columns, found), va="top", fontsize=8, linespacing=1.35)
        shown = next((item for item in found if item), None)
        if shown is None:
            write(LABEL, middle, "no test recording of this band has a clip and a score", va="center", fontsize=9)
            continue
        for (_, frame), left in zip(MOMENTS, lefts, strict=True):
            side = TILE - GAP
            _show(axes_at(left, bottom, side, side), shown.faces[frame], bool(shown.present[frame]))
            for number, item in enumerate(found, start=1):
                axes = axes_at(left + number * TILE, bottom, side, side)
                if item:
                    strengths = item.relevance[frame] / max(float(np.abs(item.relevance).max()), 1e-30)
                    _show(axes, blend(item.faces[frame], strengths))
                else:
                    _show(axes, np.full_like(shown.faces[frame], 240))
    _draw_scale(axes_at(lefts[0], 0.62, group - GAP, 0.13))
    write(0.12, 0.12, f"{SCALE}\n{PERSONAL}", fontsize=7, linespacing=1.4)
    return drawn


def blend(
    face: UInt8[np.ndarray, "height width 3"], strengths: Float[np.ndarray, "height width"]
) -> UInt8[np.ndarray, "height width 3"]:
    """Colour a grey version of the face: red where a strength is above 0, blue below, the more the further from 0.

    Args:
        face: RGB.
        strengths: -1 to 1.
    """
    luma = face.astype(np.float64) @ (0.299, 0.587, 0.114)  # ITU-R BT.601
    grey = DARKEST + luma * (LIGHTEST - DARKEST) / 255
    colour = 255 * np.where(strengths[..., None] > 0, RAISES, LOWERS)
    amount = STRONGEST * np.abs(strengths[..., None])
    return np.round(grey[..., None] * (1 - amount) + colour * amount).astype(np.uint8)


def _heading(column: Column) -> str:
    """What a column is called: its title, the network, and where Grad-CAM looked."""
    about = [item.subject for item in column.found.values()][:1]
    lines = [column.title, *(line for one in about for line in (one.network, f"Grad-CAM at {one.stage}"))]
    return "\n".join(textwrap.fill(line, LETTERS) for line in lines if line)


def _label(columns: Sequence[Column], found: Sequence[Explanation | None]) -> str:
    lines: list[str] = []
    for column, item in zip(columns, found, strict=True):
        if item is None:
            continue
        about = item.subject
        if not lines:
            lines += [f"BDI-II {about.bdi:g}", f"recording {about.opaque}", f"clip from frame {about.start}"]
        title = f"{column.title}: " if column.title else "estimate "
        lines.append(f"{title}{about.estimate:.1f}, this clip {about.clip_estimate:.1f}")
    return "\n".join(lines)


def _show(axes: Axes, picture: UInt8[np.ndarray, "height width 3"], present: bool = True) -> None:
    axes.imshow(picture)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    if not present:
        axes.text(0.5, 0.04, "no face found", ha="center", transform=axes.transAxes, color="white", fontsize=7)


def _draw_scale(axes: Axes) -> None:
    """The colours of relevance on a middle grey."""
    strengths = np.tile(np.linspace(-1, 1, 256), (8, 1))
    axes.imshow(blend(np.full((8, 256, 3), 160, np.uint8), strengths), aspect="auto", extent=(-1, 1, 0, 1))
    axes.set(yticks=[], xticks=[-1, 0, 1])
    axes.set_xticklabels(["lowers the estimate", "0", "raises it"], fontsize=8)
