"""The labels of recordings: subject, session, task, partition and score; one file for fitting, one for testing.

Sex and age, if a corpus has them, are written to the labels for testing only: metrics are computed by subgroup, but
fitting neither sees them nor depends on them. Permuted scores, a control, say so in every row.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline.records.tables import read_rows, write_rows

COLUMNS = ("recording", "subject", "session", "task", "partition", "score")
GROUP_COLUMNS = ("sex", "age")
PERMUTED = "permuted"  # the column that only permuted scores have
PARTITIONS = ("training", "development", "test")
EARLIER_NAMES = {"bdi": "score"}  # of columns, when every score was one of BDI-II
MAX_AGE = 130.0  # years


@dataclass(frozen=True)
class Label:
    """The label of one recording: everything known of it except its pixels.

    Attributes:
        recording: the id of the recording.
        subject: the id of the person in it.
        session: the visit of the subject; empty if unknown.
        task: what the subject did, such as Freeform or Northwind; empty if unknown.
        partition: training, development or test.
        score: on the scale of the corpus, or None if unknown.
        sex: as the corpus writes it; empty if unknown.
        age: in years, or None if unknown.
        permuted: how its score was permuted, in words; empty if the score is its own.
    """

    recording: str
    subject: str
    session: str
    task: str
    partition: str
    score: float | None
    sex: str = ""
    age: float | None = None
    permuted: str = ""

    def __post_init__(self) -> None:
        if self.partition not in PARTITIONS:
            raise ValueError(f"{self.recording}: partition {self.partition!r}; allowed: {', '.join(PARTITIONS)}")
        if self.score is not None and not math.isfinite(self.score):
            raise ValueError(f"{self.recording}: score {self.score}; allowed: a finite number, or empty")
        if self.age is not None and not 0 <= self.age <= MAX_AGE:
            raise ValueError(f"{self.recording}: age {self.age}; allowed: 0 to {MAX_AGE:g} years, or empty")


def read_labels(path: Path) -> list[Label]:
    """Read the labels in `path`, in the order of the file.

    Raises:
        ValueError: naming the file, the row and its problem.
    """
    labels = []
    for number, row in read_rows(path, COLUMNS, EARLIER_NAMES):
        try:
            cells = {column: row[column] for column in COLUMNS[:-1]}
            sex, age = row.get("sex", ""), row.get("age", "")
            score, permuted = _number(row["score"]), row.get(PERMUTED, "")
            labels.append(Label(**cells, score=score, sex=sex, age=_number(age), permuted=permuted))
        except ValueError as error:
            raise ValueError(f"{path}: row {number}: {error}") from None
    return labels


def write_labels(path: Path, labels: Iterable[Label], groups: bool = False) -> None:
    """Write `labels` to `path`, sorted by recording; the file is replaced atomically.

    Args:
        path: of the file.
        labels: in any order.
        groups: whether to write sex and age too, if any label has one.
    """
    ordered = sorted(labels, key=lambda label: label.recording)
    has_groups = groups and any(label.sex or label.age is not None for label in ordered)
    columns = [*COLUMNS, *(GROUP_COLUMNS if has_groups else ())]
    columns += [PERMUTED] if permutation_of(ordered) else []
    write_rows(path, columns, ([_cell(getattr(label, column)) for column in columns] for label in ordered))


def permutation_of(labels: Iterable[Label]) -> str:
    """Return how the scores of these labels were permuted, in words; empty if they are true."""
    return "; ".join(sorted({label.permuted for label in labels} - {""}))


def _cell(value: str | float | None) -> str:
    return value if isinstance(value, str) else "" if value is None else f"{value:g}"


def _number(text: str) -> float | None:
    return float(text) if text else None
