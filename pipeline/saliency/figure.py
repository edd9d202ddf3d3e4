"""Figure 6 of the paper: relevance over the first and last frame of a clip, for one recording of each severity band."""

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
from pipeline.severity.scale import SeverityScale

PERSONAL = "Shows faces: personal data if they are of real people. Not for git, not for publication, not for others."
SCALE = "Each clip and network has its own scale: the full colour marks the strongest relevance in the clip."
DPI = 200
FACE_SIZE, GAP = 1.3, 0.06  # inches: a face with the gap after it, and that gap
LABEL_WIDTH, GROUP_GAP = 2.0, 0.2  # inches: left of a row, and between the groups of the first and the last frame
HEADING_WIDTH = 22  # characters in a line of a heading
TOP, BOTTOM = 0.85, 0.95  # inches: above and below the faces
RAISES, LOWERS = (0.84, 0.19, 0.12), (0.13, 0.40, 0.80)  # colours of relevance above and below 0
MAX_OPACITY = 0.8  # of the colour at the strongest relevance of a clip, over the grey face
DARKEST, LIGHTEST = 60, 230  # range of the grey face: the colours would not be visible on black hair
FRAMES = (("first frame", 0), ("last frame", -1))


@dataclass(frozen=True)
class Column:
    """The explanations of one network.

    Attributes:
        title: name of the network in the figure; empty if the figure shows one network alone.
        explanations: by band.
    """

    title: str
    explanations: Mapping[str, Explanation]


def write_figure6(path: Path, columns: Sequence[Column], scale: SeverityScale) -> None:
    """Write `figure6` as a PNG file, marked as personal data; equal content gives equal bytes."""
    write_png(path, lambda: figure6(columns, scale), DPI, {"Title": "Relevance over faces", "Disclaimer": PERSONAL})


def figure6(columns: Sequence[Column], scale: SeverityScale) -> Figure:
    """Draw a row for each band: for the first and the last frame, the face and the relevance of each network beside it.

    Each clip has its own scale: the strongest relevance in all its frames has the full colour.

    Args:
        columns: of the networks. The explanations of one band are of the same clip in all columns.
        scale: of the scores.
    """
    faces = 1 + len(columns)
    group = faces * FACE_SIZE
    width = LABEL_WIDTH + len(FRAMES) * group + GROUP_GAP + GAP
    height = TOP + len(scale.bands) * FACE_SIZE + BOTTOM
    figure = new_figure(width, height)
    lefts = [LABEL_WIDTH + number * (group + GROUP_GAP) for number in range(len(FRAMES))]

    def write(left: float, bottom: float, text: str, **style: object) -> None:
        figure.text(left / width, bottom / height, text, **style)  # type: ignore[arg-type]

    def axes_at(left: float, bottom: float, axes_width: float, axes_height: float) -> Axes:
        return figure.add_axes((left / width, bottom / height, axes_width / width, axes_height / height))

    for (name, _), left in zip(FRAMES, lefts, strict=True):
        write(left + (group - GAP) / 2, height - 0.26, name, ha="center", fontsize=10)
        for number, heading in enumerate(["face", *map(_heading, columns)]):
            centre = left + number * FACE_SIZE + (FACE_SIZE - GAP) / 2
            write(centre, height - TOP + 0.07, heading, ha="center", fontsize=7.5)
    for row, band in enumerate(scale.bands):
        bottom = height - TOP - (row + 1) * FACE_SIZE
        explanations = [column.explanations.get(band.name) for column in columns]
        middle = bottom + (FACE_SIZE - GAP) / 2
        write(0.12, bottom + FACE_SIZE - 0.12, band.name, va="top", fontsize=11, weight="bold")
        write(
            0.12,
            bottom + FACE_SIZE - 0.36,
            _row_label(columns, explanations, scale),
            va="top",
            fontsize=8,
            linespacing=1.35,
        )
        first = next((item for item in explanations if item), None)
        if first is None:
            write(LABEL_WIDTH, middle, "no test recording of this band has a clip and a score", va="center", fontsize=9)
            continue
        for (_, frame), left in zip(FRAMES, lefts, strict=True):
            side = FACE_SIZE - GAP
            _show(axes_at(left, bottom, side, side), first.faces[frame], bool(first.present[frame]))
            for number, item in enumerate(explanations, start=1):
                axes = axes_at(left + number * FACE_SIZE, bottom, side, side)
                if item:
                    strengths = item.relevance[frame] / max(float(np.abs(item.relevance).max()), 1e-30)
                    _show(axes, blend(item.faces[frame], strengths))
                else:
                    _show(axes, np.full_like(first.faces[frame], 240))
    _draw_scale(axes_at(lefts[0], 0.62, group - GAP, 0.13))
    write(0.12, 0.12, f"{SCALE}\n{PERSONAL}", fontsize=7, linespacing=1.4)
    return figure


def blend(
    face: UInt8[np.ndarray, "height width 3"], strengths: Float[np.ndarray, "height width"]
) -> UInt8[np.ndarray, "height width 3"]:
    """Colour a grey version of the face: red where a strength is above 0, blue where it is below 0.

    Args:
        face: RGB.
        strengths: -1 to 1; the opacity of the colour is proportional to the absolute value.
    """
    luma = face.astype(np.float64) @ (0.299, 0.587, 0.114)  # ITU-R BT.601
    grey = DARKEST + luma * (LIGHTEST - DARKEST) / 255
    colour = 255 * np.where(strengths[..., None] > 0, RAISES, LOWERS)
    opacity = MAX_OPACITY * np.abs(strengths[..., None])
    return np.round(grey[..., None] * (1 - opacity) + colour * opacity).astype(np.uint8)


def _heading(column: Column) -> str:
    """Return the heading of a column: its title, the network, and the stage of Grad-CAM."""
    metadata = [item.metadata for item in column.explanations.values()][:1]
    lines = [column.title, *(line for item in metadata for line in (item.network, f"Grad-CAM at {item.stage}"))]
    return "\n".join(textwrap.fill(line, HEADING_WIDTH) for line in lines if line)


def _row_label(columns: Sequence[Column], explanations: Sequence[Explanation | None], scale: SeverityScale) -> str:
    """Return the label of a row: the recording and its score, and the estimates of each network."""
    lines: list[str] = []
    for column, item in zip(columns, explanations, strict=True):
        if item is None:
            continue
        metadata = item.metadata
        if not lines:
            lines += [
                f"{scale.name} {metadata.score:g}",
                f"recording {metadata.opaque}",
                f"clip from frame {metadata.start}",
            ]
        title = f"{column.title}: " if column.title else "estimate "
        lines.append(f"{title}{metadata.estimate:.1f}, this clip {metadata.clip_estimate:.1f}")
    return "\n".join(lines)


def _show(axes: Axes, image: UInt8[np.ndarray, "height width 3"], present: bool = True) -> None:
    axes.imshow(image)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    if not present:
        axes.text(0.5, 0.04, "no face found", ha="center", transform=axes.transAxes, color="white", fontsize=7)


def _draw_scale(axes: Axes) -> None:
    """Draw the colour scale of relevance, on a middle grey."""
    strengths = np.tile(np.linspace(-1, 1, 256), (8, 1))
    axes.imshow(blend(np.full((8, 256, 3), 160, np.uint8), strengths), aspect="auto", extent=(-1, 1, 0, 1))
    axes.set(yticks=[], xticks=[-1, 0, 1])
    axes.set_xticklabels(["lowers the estimate", "0", "raises it"], fontsize=8)
