"""The metrics of a study's rows as a JSON file in the form of metrics.json, for programs."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.runtime.atomic import write_text_atomically
from pipeline.studies.collect import Row

METRICS = ("rmse", "mae", "pcc")
DIGITS = 4


def write_metrics(path: Path, rows: Sequence[Row]) -> None:
    """Write the metrics of all rows, each over all the videos of its folds; the file is written atomically.

    Those of the first row stand at the top, those of the others under their labels.

    Args:
        path: of the file.
        rows: at least one.

    Raises:
        ValueError: if a row is not finished, or has no metrics over all its videos, as without the estimates of all its
            experiments.
    """
    first, *others = rows
    metrics = {**_metrics(first), **{row.label: _metrics(row) for row in others}}
    write_text_atomically(path, json.dumps(metrics, indent=2) + "\n")


def _metrics(row: Row) -> dict[str, Any]:
    if len(row.outcomes) < row.repeats:
        raise ValueError(f"{row.label}: {len(row.outcomes)} of {row.repeats} experiments are finished; allowed: all")
    if row.models is None:
        raise ValueError(f"{row.label}: the estimates of its experiments are not in DVC's cache, or of other videos")
    values = {name: round(item.value, DIGITS) for name in METRICS if (item := row.metric(name))}
    constant = row.metric("rmse", estimator="constant")
    return {**values, **({"constant": {"rmse": round(constant.value, DIGITS)}} if constant else {})}
