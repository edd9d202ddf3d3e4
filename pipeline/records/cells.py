"""What a cell of a user's table means: a number, or nothing. Only what is certain is accepted."""

import re
from math import isinf

NOT_AVAILABLE = ("NA", "N/A")  # the other words for it are not certain: nan is a failed sum, none and Null are zero
_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII)
_DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d{1,2}", re.ASCII)  # three digits after a comma may be thousands


def content_of(cell: str) -> str:
    """Return the content of a cell without the blanks around it; empty if the cell says that there is none.

    Examples:
        >>> content_of(" 12 "), content_of("n/a"), content_of("nan")
        ('12', '', 'nan')
    """
    text = cell.strip()
    return "" if text.upper() in NOT_AVAILABLE else text


def parse_number(text: str) -> float:
    """Return the number in a cell that holds nothing else; its decimal mark may be a comma.

    Examples:
        >>> parse_number("12"), parse_number("12.5"), parse_number("12,5"), parse_number(".5")
        (12.0, 12.5, 12.5, 0.5)

    Raises:
        ValueError: if the text is no number, not certainly one or too large; the message says what is allowed.
    """
    if _NUMBER.fullmatch(text):
        if isinf(number := float(text)):
            raise ValueError(f"{text!r} is too large; allowed: numbers below 1e308")
        return number
    if _DECIMAL_COMMA.fullmatch(text):
        return float(text.replace(",", "."))
    raise ValueError(f"{text!r} is no number; allowed: digits, with a point before decimals")
