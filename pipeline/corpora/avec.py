"""What the two AVEC corpora share: the names of partitions, and labels of one cell for each session.

Names of folders vary between copies, so they are matched without regard to case, in both spellings.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from pipeline.corpora.entry import Report

PARTITIONS = {
    "training": ("training", "train"),
    "development": ("development", "dev"),
    "test": ("testing", "test"),
}
_IN_NAME = re.compile(r"(?:^|_)(train|dev|test)", re.IGNORECASE)
_PARTITION_OF = {"train": "training", "dev": "development", "test": "test"}
_SESSION = re.compile(r"(\d+)_(\d+)(?!\d)", re.IGNORECASE)

Session = tuple[str, str, str]  # partition, subject, session


def partition_folders(root: Path) -> Iterator[tuple[str, Path]]:
    """The folders directly in `root` that hold the videos of a partition."""
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        for partition, names in PARTITIONS.items():
            if folder.name.lower() in names:
                yield partition, folder


def read_scores(labels_root: Path, report: Report) -> dict[Session, tuple[str, Path]]:
    """Find the depression labels anywhere below a folder.

    A label is a CSV file `<subject>_<session>...csv` below a folder (or in a file) named for depression, in a folder
    named for its partition; the innermost such name counts. The score is the first cell.

    Returns:
        The text of the score and the file, for each session.
    """
    scores: dict[Session, tuple[str, Path]] = {}
    for path in sorted(labels_root.rglob("*.[cC][sS][vV]")):
        inner = path.relative_to(labels_root)
        match = _SESSION.match(path.name)
        partition = _partition(inner.parts[:-1])
        if match is None or partition is None or "depression" not in str(inner).lower():
            continue
        session = (partition, match[1], match[2])
        text = path.read_text(encoding="utf-8-sig").strip()
        score = re.split(r"[,;\s]", text, maxsplit=1)[0].strip('"') if text else ""
        if session in scores and scores[session][0] != score:
            report.errors.append(f"{path}: score {score!r}, but {scores[session][1]} says {scores[session][0]!r}")
        scores[session] = (score, path)
    return scores


def report_unused(scores: dict[Session, tuple[str, Path]], used: set[Session], report: Report) -> None:
    """Report every label whose session has no video."""
    for session in sorted(scores.keys() - used):
        report.errors.append(f"{scores[session][1]}: a label without a video")


def _partition(folders: tuple[str, ...]) -> str | None:
    for name in reversed(folders):
        if match := _IN_NAME.search(name):
            return _PARTITION_OF[match[1].lower()]
    return None
