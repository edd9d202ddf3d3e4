"""The estimates of the baselines that see no behaviour, as stage baselines hands them to stage evaluate."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from pipeline.records.tables import read_rows, write_rows

# What each baseline sees, in words for messages.
BASELINES = {
    "metadata": "metadata (duration, frame rate, brightness, sharpness, sizes of picture and face, share of faces)",
    "file_size": "metadata with the size of the file",
    "one_frame": "one frame of the face",
}
COLUMNS = ("recording", *BASELINES)

BaselineEstimates = Mapping[str, Mapping[str, float]]  # points, by baseline and recording

NO_BASELINES: BaselineEstimates = MappingProxyType({})


def write_baseline_estimates(path: Path, estimates: BaselineEstimates) -> None:
    """Write a row for each recording, sorted by id; every baseline has an estimate of each."""
    names = sorted({recording for values in estimates.values() for recording in values})
    rows = [[name, *(f"{estimates[baseline][name]:z.4f}" for baseline in BASELINES)] for name in names]
    write_rows(path, COLUMNS, rows)


def read_baseline_estimates(path: Path, recordings: Sequence[str]) -> BaselineEstimates:
    """Read the estimates of some recordings.

    Args:
        path: of the table.
        recordings: ids of the recordings.

    Raises:
        ValueError: if a column or a recording is missing, or an estimate is no finite number, naming the file and it.
    """
    rows = {row["recording"]: (number, row) for number, row in read_rows(path, COLUMNS)}
    if missing := [name for name in recordings if name not in rows]:
        raise ValueError(f"{path}: no estimate of {', '.join(missing)}; run stage baselines again")
    return {baseline: {name: _cell(path, baseline, *rows[name]) for name in recordings} for baseline in BASELINES}


def _cell(path: Path, column: str, number: int, row: Mapping[str, str]) -> float:
    try:
        value = float(row[column])
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{path}: row {number}: {column} is {row[column]!r}; allowed: a finite number")
    return value
