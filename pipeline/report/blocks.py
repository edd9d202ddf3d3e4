"""What a page is made of: tables, pictures and paragraphs under headings, checked when they are made."""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass

NUMBER = re.compile(r"([-+]?\d[\d.,]*(\s[±(].*)?(\s[%MG])?|not \w+)?")  # or a word that stands for one


@dataclass(frozen=True)
class Table:
    """A table with row headings in its first column.

    Attributes:
        caption: what it shows.
        headings: of the columns.
        rows: of cells, the first of which heads the row.
        notes: sentences below it.
    """

    caption: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()

    def __post_init__(self) -> None:
        if wrong := [row for row in self.rows if len(row) != len(self.headings)]:
            raise ValueError(f"{self.caption}: {len(self.headings)} headings, but a row of {len(wrong[0])} cells")

    @property
    def kinds(self) -> list[str]:
        """What each column holds: numbers, which stand to the right, or words."""
        columns = [[row[place] for row in self.rows] for place in range(len(self.headings))]
        return ["number" if all(map(NUMBER.fullmatch, cells)) else "words" for cells in columns]


@dataclass(frozen=True)
class Picture:
    """A PNG picture inside the page.

    Attributes:
        content: of the file.
        alt: what it shows, in words, for those who do not see it.
        caption: below it.
    """

    content: bytes
    alt: str
    caption: str

    def __post_init__(self) -> None:
        if not self.content.startswith(b"\x89PNG"):
            raise ValueError(f"{self.caption}: no PNG picture")
        if not self.alt:
            raise ValueError(f"{self.caption}: a picture needs words for those who do not see it")

    @property
    def source(self) -> str:
        """The picture as an address that asks nobody."""
        return f"data:image/png;base64,{base64.b64encode(self.content).decode()}"


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it.

    Attributes:
        name: of its place in the page, for links.
        title: the heading.
        paragraphs: of plain text.
        blocks: tables, pictures, and sections one level down.
    """

    name: str
    title: str
    paragraphs: Sequence[str] = ()
    blocks: "Sequence[Table | Picture | Section]" = ()
