"""What detection made of a corpus: a table with a row a recording, and a few plain numbers."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pipeline.detection.measure import ORIGINS, Detection
from pipeline.records.tables import write_rows
from pipeline.runtime.atomic import write_text_atomically

QUALITY = ("black", "frozen", "blurred")
COUNTS = ("rivals", "cuts", "longest_absence")
COLUMNS = (
    "recording",
    "opaque",
    "frames",
    *ORIGINS,
    "confidence",
    "confidence_low",
    "box_height",
    *COUNTS,
    *QUALITY,
)
DECIMALS = 4


def write_detections(path: Path, detections: Sequence[Detection]) -> None:
    """Write a row for each recording, sorted by id: shares of the origins, empty cells where there is no face."""
    write_rows(path, COLUMNS, map(_cells, sorted(detections, key=lambda found: found.recording)))


def _cells(found: Detection) -> list[object]:
    shares = [f"{found.share(origin):.{DECIMALS}f}" for origin in ORIGINS]
    confidences = [_number(found.confidence, DECIMALS), _number(found.confidence_low, DECIMALS)]
    counts = [getattr(found, name) for name in COUNTS]
    quality = [f"{getattr(found, name):.{DECIMALS}f}" for name in QUALITY]
    height = _number(found.box_height, 1)
    return [found.recording, found.opaque, found.frames, *shares, *confidences, height, *counts, *quality]


def _number(value: float | None, decimals: int) -> str:
    return "" if value is None else f"{value:.{decimals}f}"


def summary(detections: Sequence[Detection], broken: int) -> dict[str, float]:
    """The corpus in plain numbers.

    Args:
        detections: the recordings that were aligned.
        broken: how many others decode found broken.

    Returns:
        Counts of recordings (`recordings`, all of them; `broken`; `without_face`; `with_rivals`) and of `frames`; the
        share of the frames of each origin; the longest absence and the number of cuts. Where there is a face also
        `confidence` and `box_height`, the medians over recordings of theirs. No number is undefined: DVC takes a NaN
        for a change in every comparison.
    """
    frames = sum(found.frames for found in detections)
    totals = {origin: sum(found.origins[origin] for found in detections) for origin in ORIGINS}
    medians = {
        "confidence": [found.confidence for found in detections if found.confidence is not None],
        "box_height": [found.box_height for found in detections if found.box_height is not None],
    }
    return {
        "recordings": len(detections) + broken,
        "broken": broken,
        "without_face": sum(not found.coverage for found in detections),
        "with_rivals": sum(found.rivals > 0 for found in detections),
        "frames": frames,
        **{origin: round(total / max(frames, 1), DECIMALS) for origin, total in totals.items()},
        "longest_absence": max((found.longest_absence for found in detections), default=0),
        "cuts": sum(found.cuts for found in detections),
        **{name: round(float(np.median(values)), DECIMALS) for name, values in medians.items() if values},
    }


def write_summary(path: Path, numbers: dict[str, float]) -> None:
    """Write the numbers that `dvc metrics` compares; the file appears whole or not at all."""
    write_text_atomically(path, json.dumps(numbers, indent=2, allow_nan=False) + "\n")
