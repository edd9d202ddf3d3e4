"""Text files from users: UTF-8 with or without a byte order mark, or UTF-16 with one; anything else is refused."""

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")  # unlike splitlines, which also ends lines within a cell


def read_text(path: Path) -> str:
    """Read a whole text file; see `decode_text`.

    Raises:
        OSError: if it cannot be read.
        ValueError: if it is not text in an encoding that is certain; the message names the file and what to do.
    """
    return decode_text(path.read_bytes(), str(path))


def decode_text(content: bytes, source: str) -> str:
    r"""Decode the content of a text file, without its byte order mark.

    Examples:
        >>> decode_text(b"\xef\xbb\xbf12", "a.csv"), decode_text(b"\xff\xfe1\x002\x00", "a.csv")
        ('12', '12')

    Raises:
        ValueError: if it is neither UTF-8 nor UTF-16 with a byte order mark; the message names `source`.
    """
    encoding = "UTF-16" if content.startswith(UTF_16_MARKS) else "UTF-8"
    try:
        text = content.decode("utf-16" if encoding == "UTF-16" else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{source}: not {encoding} ({error.reason} at byte {error.start}); save it as UTF-8") from None
    if "\0" in text:  # as in UTF-16 without a mark, UTF-32, and files that are no text
        raise ValueError(f"{source}: no text (a zero character in line {_line_of(text)}); save it as UTF-8")
    return text


def lines_of(text: str) -> Iterator[str]:
    r"""Yield the lines of a text with their ends, whatever system wrote them.

    Examples:
        >>> list(lines_of("a\r\nb\n\nc"))
        ['a\r\n', 'b\n', '\n', 'c']
    """
    return (match[0] for match in _LINE.finditer(text))


def _line_of(text: str) -> int:
    """Return the number of the line with the first zero character."""
    return text.count("\n", 0, text.index("\0")) + 1
