"""Small CSV tables as rows of text: read with every row's problem named, written whole or not at all."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from pipeline.runtime.atomic import atomic_file


def read_rows(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """Read the rows of a CSV file that has at least `columns`.

    The mark that spreadsheets put before UTF-8 is passed over.

    Raises:
        ValueError: naming the file, and the missing columns, the row with too few or too many cells, or that it is no
            CSV in UTF-8.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, strict=True)
            found = list(reader.fieldnames or [])
            rows = list(reader)
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: not UTF-8 ({error.reason} at byte {error.start}); save it as UTF-8") from None
    except csv.Error as error:
        raise ValueError(f"{path}: no CSV: {error}") from None
    missing = [column for column in columns if column not in found]
    if missing:
        raise ValueError(f"{path}: no column {', '.join(missing)}; found: {', '.join(found) or 'an empty file'}")
    for number, row in enumerate(rows, start=2):
        if None in row or None in row.values():
            raise ValueError(f"{path}: row {number}: allowed are {len(found)} cells, {', '.join(found)}")
    return rows


def write_rows(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a CSV file of `rows` under `columns`; it appears whole or not at all."""
    with atomic_file(path) as partial, partial.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
