"""The labels of recordings: who is seen, in which partition, with which score. Fitting and testing lie apart.

Sex and age, where a corpus tells them, stand in the labels for testing alone: figures are given by group, and what is
fitted neither sees them nor depends on them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline.records.tables import read_rows, write_rows

COLUMNS = ("recording", "subject", "session", "task", "partition", "bdi")
GROUP_COLUMNS = ("sex", "age")
PARTITIONS = ("training", "development", "test")
LOWEST_SCORE, HIGHEST_SCORE = 0.0, 63.0  # of BDI-II
MAX_AGE = 130.0  # years


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
        sex: as the corpus writes it; empty where unknown.
        age: in years, or None where unknown.
    """

    recording: str
    subject: str
    session: str
    task: str
    partition: str
    bdi: float | None
    sex: str = ""
    age: float | None = None

    def __post_init__(self) -> None:
        if self.partition not in PARTITIONS:
            raise ValueError(f"{self.recording}: partition {self.partition!r}; allowed: {', '.join(PARTITIONS)}")
        if self.bdi is not None and not LOWEST_SCORE <= self.bdi <= HIGHEST_SCORE:
            raise ValueError(
                f"{self.recording}: bdi {self.bdi}; allowed: {LOWEST_SCORE:g} to {HIGHEST_SCORE:g}, or empty"
            )
        if self.age is not None and not 0 <= self.age <= MAX_AGE:
            raise ValueError(f"{self.recording}: age {self.age}; allowed: 0 to {MAX_AGE:g} years, or empty")


def read_labels(path: Path) -> list[Label]:
    """Read the labels in `path`, in the order of the file.

    Raises:
        ValueError: naming the file, the row and what is wrong with it.
    """
    labels = []
    for number, row in enumerate(read_rows(path, COLUMNS), start=2):
        try:
            cells = {column: row[column] for column in COLUMNS[:-1]}
            sex, age = row.get("sex", ""), row.get("age", "")
            labels.append(Label(**cells, bdi=_number(row["bdi"]), sex=sex, age=_number(age)))
        except ValueError as error:
            raise ValueError(f"{path}: row {number}: {error}") from None
    return labels


def write_labels(path: Path, labels: Iterable[Label], groups: bool = False) -> None:
    """Write `labels` to `path`, sorted by recording; the file appears whole or not at all.

    Args:
        path: of the file.
        labels: of any order.
        groups: whether sex and age are written too, where any label has one.
    """
    ordered = sorted(labels, key=lambda label: label.recording)
    told = groups and any(label.sex or label.age is not None for label in ordered)
    columns = (*COLUMNS, *GROUP_COLUMNS) if told else COLUMNS
    write_rows(path, columns, ([_cell(getattr(label, column)) for column in columns] for label in ordered))


def _cell(value: str | float | None) -> str:
    return value if isinstance(value, str) else "" if value is None else f"{value:g}"


def _number(text: str) -> float | None:
    return float(text) if text else None
