"""Small CSV tables as rows of text: errors name the file and the row, and files are replaced atomically.

Tables of users come from spreadsheets, so a table may be separated by semicolons or tabs (its header decides), have
blanks after the separators of its header, empty rows, unnamed empty columns at the end, and any line ends. Every row
has as many cells as the header, unnamed ones included: else a decimal comma could hide in the empty cells of its row.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from pipeline.records.text import lines_of, read_text
from pipeline.runtime.atomic import atomic_file

SEPARATORS = ",;\t"
Row = tuple[int, dict[str, str]]  # the line of the file on which the row begins, from 1; its cells by column
NO_NAMES: Mapping[str, str] = {}


def read_rows(path: Path, columns: Sequence[str], earlier: Mapping[str, str] = NO_NAMES) -> Iterator[Row]:
    """Yield the rows of a CSV file that has at least `columns`; see `parse_rows`."""
    return parse_rows(read_text(path), str(path), columns, earlier)


def parse_rows(text: str, source: str, columns: Sequence[str], earlier: Mapping[str, str] = NO_NAMES) -> Iterator[Row]:
    """Yield the rows of the text of a CSV file that has at least `columns`; rows without content are left out.

    Args:
        text: of the file.
        source: the name of the file in error messages.
        columns: that the header must have; it may have others.
        earlier: the names of columns by the names that earlier tables have for them; either is read.

    Raises:
        ValueError: if columns are missing or occur twice, if a row has too few or too many cells, or if the file is not
            CSV in UTF-8 or UTF-16; the message names the file and the columns or the row.
    """
    separator = _find_separator(text, columns, earlier)
    width, header = _header(text, source, separator)
    for name in sorted(set(header) & earlier.keys()):
        if earlier[name] in header:
            raise ValueError(f"{source}: columns {earlier[name]} and {name}, its earlier name; allowed: one of them")
    header = [earlier.get(name, name) for name in header]
    if missing := [column for column in columns if column not in header]:
        raise ValueError(f"{source}: no column {', '.join(missing)}; found: {', '.join(header) or 'an empty file'}")
    if twice := [name for name, count in Counter(header).items() if count > 1]:
        raise ValueError(f"{source}: several columns are called {', '.join(twice)}; allowed: each name once")
    unnamed = f" and {width - len(header)} empty" if width > len(header) else ""
    rows = split_rows(text, source, separator)
    next(rows)
    for number, cells in rows:
        if len(cells) != width or any(map(str.strip, cells[len(header) :])):
            advice = f"; a {separator!r} inside a cell needs quotes around the cell" if len(cells) >= width else ""
            raise ValueError(
                f"{source}: row {number}: allowed are {width} cells, {', '.join(header)}{unnamed}; "
                f"found: {len(cells)}{advice}"
            )
        yield number, dict(zip(header, cells, strict=False))


def write_rows(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a CSV file with the header `columns` and `rows`; it is replaced atomically."""
    with atomic_file(path) as partial, partial.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def _find_separator(text: str, columns: Sequence[str], earlier: Mapping[str, str]) -> str:
    """Return the separator with which the header has all columns; a comma if there is none."""
    for separator in SEPARATORS:
        with suppress(ValueError):  # quotes are wrong with another separator than the file's
            if set(columns) <= {earlier.get(name, name) for name in _header(text, "", separator)[1]}:
                return separator
    return SEPARATORS[0]


def _header(text: str, source: str, separator: str) -> tuple[int, list[str]]:
    """Return the number of cells of the header, and the names in them but for unnamed ones at the end."""
    _, cells = next(split_rows(text, source, separator), (0, []))
    names = [cell.strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    return len(cells), names


def split_rows(text: str, source: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line and the cells of every row with content, a header first.

    Args:
        text: of the file.
        source: the name of the file in error messages.
        separator: of the cells.

    Raises:
        ValueError: if the text is not CSV; the message names `source` and the row.
    """
    first_line = next((line for line in lines_of(text) if line.strip()), "")
    # Blanks after the separators belong to no cell if the header has them; else a cell may begin with a blank.
    blanks = f"{separator} " in first_line
    reader = csv.reader(lines_of(text), strict=True, delimiter=separator, skipinitialspace=blanks)
    begin = 1
    try:
        for cells in reader:
            if any(map(str.strip, cells)):
                yield begin, cells
            begin = reader.line_num + 1
    except csv.Error as error:
        raise ValueError(f"{source}: no CSV: {error} (row {begin})") from None
