"""Tables of face detection over a corpus: one CSV row a recording, and the metrics of the corpus."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pipeline.detection.measure import DOUBTS, ORIGINS, Detection
from pipeline.records.tables import write_rows
from pipeline.runtime.atomic import write_text_atomically

QUALITY = ("black", "frozen", "blurred", "irregular")
COUNTS = ("cuts", "longest_absence")
COLUMNS = (
    "recording",
    "opaque",
    "frames",
    *ORIGINS,
    "confidence",
    "confidence_low",
    "box_height",
    *DOUBTS,
    *COUNTS,
    *QUALITY,
    "pauses",
)
DECIMALS = 4


def write_detections(path: Path, detections: Sequence[Detection]) -> None:
    """Write a CSV row for each recording, sorted by id, with shares of the origins and empty cells for None."""
    write_rows(path, COLUMNS, map(_cells, sorted(detections, key=lambda detection: detection.recording)))


def _cells(detection: Detection) -> list[object]:
    """Return the cells of a recording, in the order of `COLUMNS`."""
    shares = [f"{detection.share(origin):.{DECIMALS}f}" for origin in ORIGINS]
    confidences = [_format(detection.confidence, DECIMALS), _format(detection.confidence_low, DECIMALS)]
    doubts = [_format(getattr(detection, name), 0) for name in DOUBTS]
    counts = [getattr(detection, name) for name in COUNTS]
    quality = [f"{getattr(detection, name):.{DECIMALS}f}" for name in QUALITY]
    height = _format(detection.box_height, 1)
    measures = [*shares, *confidences, height, *doubts, *counts, *quality, detection.pauses]
    return [detection.recording, detection.opaque, detection.frames, *measures]


def _format(value: float | None, decimals: int) -> str:
    """Return a number with some decimals; None as an empty text."""
    return "" if value is None else f"{value:.{decimals}f}"


def summary(detections: Sequence[Detection], broken: int) -> dict[str, float]:
    """Return the metrics of a corpus.

    Args:
        detections: the aligned recordings.
        broken: number of recordings that decode reports as broken; they are not aligned.

    Returns:
        Numbers of recordings (`recordings`, broken ones included; `broken`; `without_face`; `with_rivals` and the other
        doubts about who is followed) and of `frames`; the share of frames of each origin; the longest absence and the
        number of cuts. If any recording has a face, also `confidence` and `box_height`, the medians of these measures
        over recordings. No metric is NaN, because DVC reports a NaN as a change in every comparison.
    """
    frames = sum(detection.frames for detection in detections)
    totals = {origin: sum(detection.origins[origin] for detection in detections) for origin in ORIGINS}
    medians = {
        "confidence": [detection.confidence for detection in detections if detection.confidence is not None],
        "box_height": [detection.box_height for detection in detections if detection.box_height is not None],
    }
    return {
        "recordings": len(detections) + broken,
        "broken": broken,
        "without_face": sum(not detection.coverage for detection in detections),
        "with_rivals": sum(detection.rivals > 0 for detection in detections),
        "with_still_faces": sum(detection.still_faces > 0 for detection in detections),
        "follows_still": sum(detection.follows_still for detection in detections),
        "with_turns": sum(detection.people > 1 for detection in detections),
        "turned": sum(detection.turned is not None for detection in detections),
        "frames": frames,
        **{origin: round(total / max(frames, 1), DECIMALS) for origin, total in totals.items()},
        "longest_absence": max((detection.longest_absence for detection in detections), default=0),
        "cuts": sum(detection.cuts for detection in detections),
        **{name: round(float(np.median(values)), DECIMALS) for name, values in medians.items() if values},
    }


def write_summary(path: Path, metrics: dict[str, float]) -> None:
    """Write the metrics as JSON for `dvc metrics`; the file is replaced atomically."""
    write_text_atomically(path, json.dumps(metrics, indent=2, allow_nan=False) + "\n")
