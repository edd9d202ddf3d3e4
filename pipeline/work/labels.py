"""The labels of recordings: who is seen, in which partition, with which score. Fitting and testing lie apart."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from pathlib import Path

from pipeline.work.tables import read_rows, write_rows

COLUMNS = ("recording", "subject", "session", "task", "partition", "bdi")
PARTITIONS = ("training", "development", "test")
LOWEST, HIGHEST = 0.0, 63.0  # of BDI-II


@dataclass(frozen=True)
class Label:
    """What is known of one recording beside its pixels.

    Attributes:
        recording: the id of the recording.
        subject: who is seen.
        session: which visit; empty where unknown.
        task: what the subject did, as Freeform or Northwind; empty where unknown.
        partition: training, development or test.
        bdi: the BDI-II score, 0 to 63, or None where unknown.
    """

    recording: str
    subject: str
    session: str
    task: str
    partition: str
    bdi: float | None

    def __post_init__(self) -> None:
        if self.partition not in PARTITIONS:
            raise ValueError(f"{self.recording}: partition {self.partition!r}; allowed: {', '.join(PARTITIONS)}")
        if self.bdi is not None and not LOWEST <= self.bdi <= HIGHEST:
            raise ValueError(f"{self.recording}: bdi {self.bdi}; allowed: {LOWEST:g} to {HIGHEST:g}, or empty")


def read_labels(path: Path) -> list[Label]:
    """Read the labels in `path`, in the order of the file.

    Raises:
        ValueError: naming the file, the row and what is wrong with it.
    """
    labels = []
    for number, row in enumerate(read_rows(path, COLUMNS), start=2):
        try:
            cells = {column: row[column] for column in COLUMNS[:-1]}
            labels.append(Label(**cells, bdi=float(row["bdi"]) if row["bdi"] else None))
        except ValueError as error:
            raise ValueError(f"{path}: row {number}: {error}") from None
    return labels


def write_labels(path: Path, labels: Iterable[Label]) -> None:
    """Write `labels` to `path`, sorted by recording; the file appears whole or not at all."""
    rows = [astuple(label) for label in sorted(labels, key=lambda label: label.recording)]
    write_rows(path, COLUMNS, ([*row[:-1], "" if row[-1] is None else f"{row[-1]:g}"] for row in rows))
