"""The parts of a report page: tables, pictures, texts to copy and sections; each checks itself when it is created."""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass

NUMBER = re.compile(r"([-+]?\d[\d.,]*(\s[±(].*)?(\s[%MG])?|not \w+)?")  # or words in place of a number: not known


class Notice(str):
    """A paragraph at the top of the page in a frame: what a reader must know before any number."""


@dataclass(frozen=True)
class Table:
    """A table with row headings in its first column.

    Attributes:
        caption: above the table.
        headings: of the columns.
        rows: of cells; the first cell is the heading of the row.
        notes: sentences below the table.
        reading: the name in reading.yaml of how to read it.
    """

    caption: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()
    reading: str = ""

    def __post_init__(self) -> None:
        if wrong := [row for row in self.rows if len(row) != len(self.headings)]:
            raise ValueError(f"{self.caption}: {len(self.headings)} headings, but a row of {len(wrong[0])} cells")

    @property
    def kinds(self) -> list[str]:
        """The kind of each column: `number`, which is aligned to the right, or `words`."""
        columns = [[row[index] for row in self.rows] for index in range(len(self.headings))]
        return ["number" if all(map(NUMBER.fullmatch, cells)) else "words" for cells in columns]


@dataclass(frozen=True)
class Picture:
    """A PNG picture embedded in the page.

    Attributes:
        content: of the file.
        alt: alternative text for those who cannot see the picture.
        caption: below the picture.
        reading: the name in reading.yaml of how to read it.
    """

    content: bytes
    alt: str
    caption: str
    reading: str = ""

    def __post_init__(self) -> None:
        if not self.content.startswith(b"\x89PNG"):
            raise ValueError(f"{self.caption}: no PNG picture")
        if not self.alt:
            raise ValueError(f"{self.caption}: a picture needs alternative text, for those who cannot see it")

    @property
    def source(self) -> str:
        """The picture as a data URL, which needs no request."""
        return f"data:image/png;base64,{base64.b64encode(self.content).decode()}"


@dataclass(frozen=True)
class CopyText:
    """Text to copy as it is, with its line breaks.

    Attributes:
        caption: above the text.
        text: without markup.
    """

    caption: str
    text: str


@dataclass(frozen=True)
class Section:
    """A heading with the content below it.

    Attributes:
        name: the id of its HTML element, for links.
        title: the heading.
        paragraphs: of plain text.
        blocks: tables, pictures, texts to copy, and subsections.
    """

    name: str
    title: str
    paragraphs: Sequence[str] = ()
    blocks: "Sequence[Table | Picture | CopyText | Section]" = ()
