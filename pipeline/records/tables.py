"""Small CSV tables as rows of text: errors name the file and the row, and files are replaced atomically."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from pipeline.runtime.atomic import atomic_file


def read_rows(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """Read the rows of a CSV file that has at least `columns`.

    The byte order mark that spreadsheets write before UTF-8 is skipped.

    Raises:
        ValueError: if columns are missing, if a row has too few or too many cells, or if the file is not CSV in UTF-8;
            the message names the file and the columns or the row.
    """
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return parse_rows(stream, str(path), columns)


def parse_rows(lines: Iterable[str], source: str, columns: Sequence[str]) -> list[dict[str, str]]:
    """Parse the lines of a CSV file that has at least `columns`; error messages name `source`. See `read_rows`."""
    try:
        reader = csv.DictReader(lines, strict=True)
        header = list(reader.fieldnames or [])
        rows = list(reader)
    except UnicodeDecodeError as error:
        raise ValueError(f"{source}: not UTF-8 ({error.reason} at byte {error.start}); save it as UTF-8") from None
    except csv.Error as error:
        raise ValueError(f"{source}: no CSV: {error}") from None
    missing = [column for column in columns if column not in header]
    if missing:
        raise ValueError(f"{source}: no column {', '.join(missing)}; found: {', '.join(header) or 'an empty file'}")
    for number, row in enumerate(rows, start=2):
        if None in row or None in row.values():
            raise ValueError(f"{source}: row {number}: allowed are {len(header)} cells, {', '.join(header)}")
    return rows


def write_rows(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a CSV file with the header `columns` and `rows`; it is replaced atomically."""
    with atomic_file(path) as partial, partial.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
