"""How to read each table and figure of the report: reading.yaml, the one place of these texts."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

PAGE = "docs/explanation/reading-figures.md"


@dataclass(frozen=True)
class Reading:
    """How to read a table or a figure.

    Attributes:
        shows: what it shows.
        good: what a good one looks like.
        bad: what a bad one looks like.
        do: what to do.
        more: the section of `PAGE` about it; empty if there is none.
    """

    shows: str
    good: str
    bad: str
    do: str
    more: str = ""


@cache
def readings() -> Mapping[str, Reading]:
    """Return how to read each table and figure, by the name that its block gives."""
    text = Path(__file__).with_name("reading.yaml").read_text(encoding="utf-8")
    return {name: Reading(**entry) for name, entry in yaml.safe_load(text).items()}
