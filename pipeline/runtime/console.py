"""Consoles for people: text is shown as it is, and never read as markup, emoji codes or something to colour."""

from typing import Any

from rich.console import Console


def plain_console(**options: Any) -> Console:
    """Create a console that prints names from users unchanged; `options` are those of rich's Console."""
    return Console(markup=False, emoji=False, highlight=False, **options)
