"""Cells of users' tables: what is certainly a number, what certainly says that there is none, and nothing else."""

import pytest

from pipeline.records.cells import content_of, parse_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", 12.0),
        ("12.5", 12.5),
        ("12,5", 12.5),
        ("7,25", 7.25),
        ("1.2e+01", 12.0),
        ("-3", -3.0),
        ("0", 0.0),
        (".5", 0.5),
        ("-.5e1", -5.0),
    ],
)
def test_numbers_are_read(text: str, number: float) -> None:
    assert parse_number(text) == number


@pytest.mark.parametrize(
    "text", ["", "low", "nan", "inf", "12,500", "1,234,5", "1.234,5", "1_0", "12;5", "12 5", "#N/A", "\u0661\u0662"]
)
def test_what_is_not_certainly_a_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="allowed: digits, with a point before decimals"):
        parse_number(text)


def test_a_number_that_no_float_holds_is_refused() -> None:
    with pytest.raises(ValueError, match="'1e400' is too large; allowed: numbers below 1e308"):
        parse_number("1e400")


@pytest.mark.parametrize(
    ("cell", "content"), [("NA", ""), (" n/a ", ""), ("", ""), ("nan", "nan"), ("none", "none"), ("-", "-"), ("0", "0")]
)
def test_only_certain_words_say_that_there_is_nothing(cell: str, content: str) -> None:
    assert content_of(cell) == content
