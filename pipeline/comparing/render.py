"""A paired comparison for people: a table, and in words whether the difference is more than noise."""

import json
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from pipeline.comparing.scores import Comparison, Paired
from pipeline.scoring.intervals import format_interval


def show(console: Console, found: Comparison) -> None:
    """Print the table and the words."""
    table = Table(
        title=f"{found.videos} videos of {found.subjects} subjects, in points of BDI-II", title_justify="left"
    )
    headings = ("error", found.first, found.second, f"{found.second} minus {found.first}")
    for heading in headings:
        table.add_column(heading, justify="left" if heading == "error" else "right", overflow="fold")
    for error in found.errors:
        table.add_row(error.figure.upper(), *map(format_interval, (error.first, error.second, error.difference)))
    console.print(table)
    for error in found.errors:
        console.print(verdict(found.first, found.second, error), soft_wrap=True)


def verdict(first: str, second: str, error: Paired) -> str:
    """One sentence: whether the difference is inside the noise.

    Example:
        >>> verdict("a", "b", Paired("mae", Interval(5, 4, 6), Interval(4, 3, 5), Interval(-1, -1.5, -0.5)))
        'MAE: b is better than a by 1.00 points (0.50 to 1.50), more than the noise of drawing other subjects.'
    """
    name, difference = error.figure.upper(), error.difference
    if difference.low is None or difference.high is None:
        return f"{name}: there are fewer than two subjects, so nothing says whether the difference is noise."
    if error.inside_noise:
        return (
            f"{name}: the difference of {abs(difference.value):.2f} points is inside the noise: with other subjects, "
            f"{second} could as well be {-difference.low:.2f} better as {difference.high:.2f} worse."
        )
    low, high = sorted((abs(difference.low), abs(difference.high)))
    word = "better" if difference.value < 0 else "worse"
    return (
        f"{name}: {second} is {word} than {first} by {abs(difference.value):.2f} points ({low:.2f} to {high:.2f}), "
        "more than the noise of drawing other subjects."
    )


def to_json(found: Comparison) -> str:
    """One JSON object, with the verdicts."""
    told = asdict(found)
    for entry, error in zip(told["errors"], found.errors, strict=True):
        entry["inside_noise"] = error.inside_noise
    return json.dumps(told, indent=2)
