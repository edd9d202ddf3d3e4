"""Common parts of the AVEC2013 and AVEC2014 layouts: the names of the partitions, and one label file for each session.

The names of folders vary between copies of the corpora; they are matched in both spellings and in any case.
"""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from pipeline.corpora.entry import Report
from pipeline.hidden_files import is_hidden
from pipeline.records.cells import content_of
from pipeline.records.text import read_text

PARTITIONS = {
    "training": ("training", "train"),
    "development": ("development", "dev"),
    "test": ("testing", "test"),
}
_PARTITION_IN_NAME = re.compile(r"(?:^|_)(train|dev|test)", re.IGNORECASE)
_PARTITION_OF = {"train": "training", "dev": "development", "test": "test"}
_SESSION = re.compile(r"(\d+)_(\d+)(?!\d)", re.IGNORECASE)
_TWO_MEANINGS = re.compile(r"\d+,\d+(?![\d,])")  # a number with a decimal comma, or two cells

Session = tuple[str, str, str]  # partition, subject, session


def partition_folders(root: Path) -> Iterator[tuple[str, Path]]:
    """Yield (partition, folder) for the folders directly in `root` that hold the videos of a partition."""
    for folder in sorted(path for path in root.iterdir() if path.is_dir() and not is_hidden(path, root)):
        for partition, names in PARTITIONS.items():
            if folder.name.lower() in names:
                yield partition, folder


def read_scores(labels_root: Path, report: Report) -> dict[Session, tuple[str | None, Path]]:
    """Read all depression labels below a folder.

    A label is a CSV file `<subject>_<session>...csv` with "depression" in its path and a folder named after a partition
    in its path; the innermost such folder counts. The score is the first cell; it may be NA.

    Returns:
        (text of the score or None if it is unknown, path of the label) of each session.
    """
    scores: dict[Session, tuple[str | None, Path]] = {}
    for path in sorted(labels_root.rglob("*.[cC][sS][vV]")):
        relative = path.relative_to(labels_root)
        match = _SESSION.match(path.name)
        partition = _partition(relative.parts[:-1])
        if match is None or partition is None or "depression" not in str(relative).lower():
            continue
        if is_hidden(path, labels_root):
            continue
        session = (partition, match[1], match[2])
        try:
            cell = _first_cell(read_text(path), str(path))
        except ValueError as error:
            report.errors.append(str(error))
            continue
        score = None if cell and not content_of(cell) else cell
        if session in scores and scores[session][0] != score:
            report.errors.append(f"{path}: score {score!r}, but {scores[session][1]} says {scores[session][0]!r}")
        scores[session] = (score, path)
    return scores


def report_unused(scores: dict[Session, tuple[str | None, Path]], used: set[Session], report: Report) -> None:
    """Report every label of a session without a video."""
    for session in sorted(scores.keys() - used):
        report.errors.append(f"{scores[session][1]}: a label without a video")


def _first_cell(text: str, source: str) -> str:
    """Return the first cell of a label file, which commas, semicolons or blanks may separate from others.

    >>> [_first_cell(text, "a.csv") for text in ("12,a comment", "12,5;a comment", '"12,5"', "")]
    ['12', '12,5', '12,5', '']

    Raises:
        ValueError: if that may be one number or two; the message names `source`.
    """
    line = text.strip().partition("\n")[0]
    if _TWO_MEANINGS.match(line) and ";" not in line:
        raise ValueError(f"{source}: {line!r} may be one score or two cells; allowed: the score alone, as 12 or 12.5")
    cells = next(csv.reader([line], delimiter=";" if ";" in line else ","), [])
    return "".join("".join(cells[:1]).split()[:1])


def _partition(folders: tuple[str, ...]) -> str | None:
    """Return the partition named by the innermost of the folders that name one."""
    for name in reversed(folders):
        if match := _PARTITION_IN_NAME.search(name):
            return _PARTITION_OF[match[1].lower()]
    return None
