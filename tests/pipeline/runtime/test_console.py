"""Consoles: names from users are no markup, in every place that prints."""

import io
import re
from pathlib import Path

from rich.table import Table

from pipeline.runtime.console import plain_console

ROOT = Path(__file__).parents[3]
NAME = "My [bold]story[/bold] [dQw4w9WgXcQ] a:smile:b 1.5 'x'"


def test_text_is_printed_as_it_is() -> None:
    stream = io.StringIO()
    console = plain_console(file=stream, width=100, force_terminal=True)
    console.print(NAME)
    table = Table(NAME, title=NAME)
    table.add_row(NAME)
    console.print(table)
    shown = re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue())
    assert shown.count(NAME) == 4
    assert stream.getvalue().startswith(NAME)  # without colours of highlighted words


def test_all_code_prints_through_it() -> None:
    """Rich's own Console reads markup and emoji codes; columns of a progress bar do so unless they are told not to."""
    wrong = [
        f"{path.relative_to(ROOT)}: {call}"
        for package in ("pipeline", "stages")
        for path in (ROOT / package).rglob("*.py")
        if path.name != "console.py"
        for call in re.findall(r"\bConsole\(|from_markup|TextColumn\((?![^)]*markup=False)", path.read_text())
    ]
    assert wrong == []
