"""The partition of each recording, without the rest of its label: for checks of videos, which must not read scores."""

from collections.abc import Mapping
from pathlib import Path

from pipeline.records.tables import read_rows, write_rows

COLUMNS = ("recording", "partition")


def write_partitions(path: Path, partitions: Mapping[str, str]) -> None:
    """Write the partition of each recording to `path`, sorted by recording; the file is replaced atomically."""
    write_rows(path, COLUMNS, sorted(partitions.items()))


def read_partitions(path: Path) -> dict[str, str]:
    """Read the partition of each recording.

    Raises:
        ValueError: naming the file, and the column or row that is wrong.
    """
    return {row["recording"]: row["partition"] for _, row in read_rows(path, COLUMNS)}
