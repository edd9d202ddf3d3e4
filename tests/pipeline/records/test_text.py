"""Text files: the encodings that are certain, and errors that name the file and the remedy."""

from pathlib import Path

import pytest

from pipeline.records.text import decode_text, lines_of, read_text


@pytest.mark.parametrize(
    "content",
    [
        "Zoë,12\n".encode(),
        b"\xef\xbb\xbfZo\xc3\xab,12\n",
        b"\xff\xfeZ\x00o\x00\xeb\x00,\x001\x002\x00\n\x00",
        b"\xfe\xff\x00Z\x00o\x00\xeb\x00,\x001\x002\x00\n",
    ],
)
def test_utf_8_and_marked_utf_16_are_read(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "table.csv").write_bytes(content)
    assert read_text(tmp_path / "table.csv") == "Zoë,12\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"Zo\xeb,12\n", r"table\.csv: not UTF-8 \(.* at byte 2\); save it as UTF-8"),
        (b"\xff\xfe1\x002", r"table\.csv: not UTF-16 \(truncated data at byte 4\); save it as UTF-8"),
        (b"1\x002\x00\n\x003\x00", r"table\.csv: no text \(a zero character in line 1\); save it as UTF-8"),
        (b"\xff\xfe\x00\x001\x00\x00\x00", r"table\.csv: no text .*; save it as UTF-8"),  # UTF-32
        (b"a,b\n1,\x00", r"table\.csv: no text \(a zero character in line 2\)"),
    ],
)
def test_other_encodings_are_refused_with_the_remedy(content: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        decode_text(content, "table.csv")


def test_lines_end_where_an_editor_ends_them() -> None:
    assert list(lines_of("a\r\nb\rc\x0bd\u2028e\n\nf")) == ["a\r\n", "b\r", "c\x0bd\u2028e\n", "\n", "f"]
    assert list(lines_of("")) == []
