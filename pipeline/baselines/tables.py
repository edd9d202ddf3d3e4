"""Tables of the baselines: what they saw of each recording, and what their estimates rest on."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from pipeline.baselines.recording_view import RecordingView
from pipeline.baselines.video_measures import MEASURES
from pipeline.records.tables import write_rows

WEIGHT_COLUMNS = ("baseline", "measure", "weight")
MEASURE_COLUMNS = ("recording", *MEASURES)


def write_weights(path: Path, weights: Mapping[str, Mapping[str, float]]) -> None:
    """Write the weight of each measure in points per standard deviation, a row for each; no recording is named."""
    rows = [[baseline, name, f"{weight:z.4f}"] for baseline, own in weights.items() for name, weight in own.items()]
    write_rows(path, WEIGHT_COLUMNS, rows)


def write_measures(path: Path, views: Sequence[RecordingView]) -> None:
    """Write a row for each recording, sorted by id; a measure that is not defined is an empty cell."""
    ordered = sorted(views, key=lambda view: view.recording)
    rows = [[view.recording, *(_cell(view.measures[name]) for name in MEASURES)] for view in ordered]
    write_rows(path, MEASURE_COLUMNS, rows)


def _cell(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.4f}"
