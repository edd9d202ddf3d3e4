"""Common parts of the AVEC2013 and AVEC2014 layouts: the names of the partitions, and one label file for each session.

The names of folders vary between copies of the corpora; they are matched in both spellings and in any case.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from pipeline.corpora.entry import Report
from pipeline.hidden_files import is_hidden
from pipeline.records.cells import content_of, parse_number
from pipeline.records.tables import split_rows
from pipeline.records.text import lines_of, read_text

PARTITIONS = {
    "training": ("training", "train"),
    "development": ("development", "dev"),
    "test": ("testing", "test"),
}
_PARTITION_IN_NAME = re.compile(r"(?:^|_)(train|dev|test)", re.IGNORECASE)
_PARTITION_OF = {"train": "training", "dev": "development", "test": "test"}
_SESSION = re.compile(r"(\d+)_(\d+)(?!\d)", re.IGNORECASE)

Session = tuple[str, str, str]  # partition, subject, session


def find_videos(root: Path, pattern: str, name: re.Pattern[str]) -> Iterator[tuple[str, Path, re.Match[str]]]:
    """Yield the videos of all partitions, sorted by path; hidden files and folders are left out.

    Args:
        root: of the corpus, with one folder for each partition.
        pattern: of paths in the folder of a partition, as `*/*`.
        name: of a video file.

    Yields:
        (partition, path, match of the file's name) of each video.
    """
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        for partition, names in PARTITIONS.items():
            if folder.name.lower() in names:
                for path in sorted(folder.glob(pattern)):
                    if (match := name.fullmatch(path.name)) and not is_hidden(path, root):
                        yield partition, path, match


def read_scores(labels_root: Path, report: Report) -> dict[Session, tuple[str | None, Path]]:
    """Read all depression labels below a folder.

    A label is a CSV file `<subject>_<session>...csv` with "depression" in its path and a folder named after a partition
    in its path; the innermost such folder counts. The score is the first cell; it may be NA. Two labels of a session
    must say the same number.

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
        if session in scores and _number_in(scores[session][0]) != _number_in(score):
            report.errors.append(f"{path}: score {score!r}, but {scores[session][1]} says {scores[session][0]!r}")
        scores[session] = (score, path)
    return scores


def report_unused(scores: dict[Session, tuple[str | None, Path]], used: set[Session], report: Report) -> None:
    """Report every label of a session without a video."""
    for session in sorted(scores.keys() - used):
        report.errors.append(f"{scores[session][1]}: a label without a video")


def _first_cell(text: str, source: str) -> str:
    """Return the first cell of a label file; a comma, semicolon or blank may separate it from words.

    Examples:
        >>> [_first_cell(text, "a.csv") for text in ("12,a comment", "12,5;a comment", '"12,5"', "")]
        ['12', '12,5', '12,5', '']

    Raises:
        ValueError: if another number follows, in a cell or a line, because the score may then be cut, or be another
            one; or if the text is not CSV. The message names `source`.
    """
    separator = ";" if ";" in next(lines_of(text.strip()), "") else ","
    rows = [cells for _, cells in split_rows(text, source, separator)]
    first, *others = [cell.strip() for cells in rows for cell in cells] or [""]
    score, *words = first.split(maxsplit=1) or [""]
    rest = " ".join([*words, *others]).strip()
    if any(map(str.isnumeric, rest)):
        raise ValueError(
            f"{source}: {rest!r} follows the score {score!r}, which may be a part of it or another score; allowed: the "
            "score alone, as 12 or 12.5, or with words behind it"
        )
    return score


def _number_in(score: str | None) -> float | str | None:
    """Return the number that a score says, by which 12 and 12.0 are equal; other texts are returned as they are."""
    if score is not None:
        with suppress(ValueError):
            return parse_number(score)
    return score


def _partition(folders: tuple[str, ...]) -> str | None:
    """Return the partition named by the innermost of the folders that name one."""
    for name in reversed(folders):
        if match := _PARTITION_IN_NAME.search(name):
            return _PARTITION_OF[match[1].lower()]
    return None
