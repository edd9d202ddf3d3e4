"""The output of `msn compare`: a table, and sentences that say whether a difference exceeds the noise; or JSON."""

import json
from dataclasses import asdict

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipeline.comparing.scores import Comparison, PairedError
from pipeline.runtime.visible import visible
from pipeline.statistics.interval import format_interval


def show(console: Console, comparison: Comparison) -> None:
    """Print the table, and below it one sentence per error."""
    table = Table(
        title=f"{comparison.videos} videos of {comparison.subjects} subjects, in points of BDI-II", title_justify="left"
    )
    headings = ("error", comparison.first, comparison.second, f"{comparison.second} minus {comparison.first}")
    for heading in headings:
        table.add_column(Text(visible(heading)), justify="left" if heading == "error" else "right", overflow="fold")
    for error in comparison.errors:
        table.add_row(error.metric.upper(), *map(format_interval, (error.first, error.second, error.difference)))
    console.print(table)
    for error in comparison.errors:
        console.print(Text(visible(verdict(comparison.first, comparison.second, error))), soft_wrap=True)


def verdict(first: str, second: str, error: PairedError) -> str:
    """Return one sentence that says whether the difference is inside the noise.

    Examples:
        >>> from pipeline.statistics.interval import Interval
        >>> verdict("a", "b", PairedError("mae", Interval(5, 4, 6), Interval(4, 3, 5), Interval(-1, -1.5, -0.5)))
        'MAE: b is better than a by 1.00 points (0.50 to 1.50), more than the noise of drawing other subjects.'
    """
    name, difference = error.metric.upper(), error.difference
    if difference.low is None or difference.high is None:
        return f"{name}: the noise of the difference is not known: {difference.why}."
    if error.inside_noise:
        return (
            f"{name}: the difference of {abs(difference.value):.2f} points is inside the noise: with other subjects, "
            f"{second} could as well be {-difference.low:.2f} better as {difference.high:.2f} worse."
        )
    low, high = sorted((abs(difference.low), abs(difference.high)))
    direction = "better" if difference.value < 0 else "worse"
    return (
        f"{name}: {second} is {direction} than {first} by {abs(difference.value):.2f} points ({low:.2f} to "
        f"{high:.2f}), more than the noise of drawing other subjects."
    )


def to_json(comparison: Comparison) -> str:
    """Return the comparison as one JSON object; each error says whether it is inside the noise."""
    content = asdict(comparison)
    for entry, error in zip(content["errors"], comparison.errors, strict=True):
        entry["inside_noise"] = error.inside_noise
    return json.dumps(content, indent=2)
