"""The table of stage baselines, as test data."""

from collections.abc import Iterable
from pathlib import Path

from pipeline.records.baseline_estimates import BASELINES, write_baseline_estimates


def write_baselines(folder: Path, recordings: Iterable[str], estimate: float = 20.0) -> Path:
    """Write the same estimate of all baselines for each recording; return the folder, as stage baselines leaves it."""
    folder.mkdir(exist_ok=True)
    write_baseline_estimates(folder / "estimates.csv", dict.fromkeys(BASELINES, dict.fromkeys(recordings, estimate)))
    return folder
