"""The output of `msn compare`: a table, and sentences that say whether a difference exceeds the noise; or JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from statistics import stdev

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipeline.comparing.scores import Comparison, PairedError
from pipeline.runtime.visible import visible
from pipeline.statistics.interval import LEVEL, Interval

NOT_VARIED = (
    "Seeds were not varied: a difference is one of two runs, and may be luck of training. Repeat both with other "
    "seeds (`msn compare A1,A2,A3 B1,B2,B3`) to compare what was trained."
)


def show(console: Console, comparison: Comparison) -> None:
    """Print the table, and below it one sentence per error, and what is known of the seeds."""
    table = Table(
        title=f"{comparison.videos} videos of {comparison.subjects} subjects, in points of the score",
        title_justify="left",
    )
    first, second = comparison.first, comparison.second
    for heading in ("error", first, second, f"{second} minus {first}"):
        table.add_column(Text(visible(heading)), justify="left" if heading == "error" else "right", overflow="fold")
    for error in comparison.errors:
        sides = (error.first, error.first_values), (error.second, error.second_values), (error.difference, ())
        cells = [format_seeded(*side).replace("; ", ";\n") for side in sides]
        table.add_row(error.metric.upper(), *cells)
    console.print(table)
    for line in (*verdicts(comparison), seeds_sentence(comparison)):
        console.print(Text(visible(line)), soft_wrap=True)


def format_seeded(interval: Interval, values: Sequence[float] = (), repeats: str = "seeds") -> str:
    """Format a value with its 95 % interval, and with the number of seeds and the deviation between their models.

    Args:
        interval: the value and its interval.
        values: of the single models; their number and deviation are left out of a single one.
        repeats: what the models differ in.

    Examples:
        >>> format_seeded(Interval(7.9, 6.4, 9.5), (7.8, 8.0)), format_seeded(Interval(7.9, 7, 8.8))
        ('7.90 (6.40 to 9.50; 2 seeds, sd 0.14)', '7.90 (7.00 to 8.80)')
        >>> format_seeded(Interval(7.9, None, None))
        '7.90'
    """
    parts = [] if interval.low is None else [f"{interval.low:.2f} to {interval.high:.2f}"]
    if len(values) > 1:
        parts.append(f"{len(values)} {repeats}, sd {stdev(values):.2f}")
    return f"{interval.value:.2f}" + (f" ({'; '.join(parts)})" if parts else "")


def verdicts(comparison: Comparison) -> list[str]:
    """Return one sentence per error that says whether the difference is inside the noise."""
    return [verdict(comparison, error) for error in comparison.errors]


def verdict(comparison: Comparison, error: PairedError) -> str:
    """Return one sentence that says whether a difference is inside the noise.

    It speaks of two runs if seeds were not varied, and of what was trained if they were. That a difference is more than
    the noise is said in the second case alone: of single runs of equal configurations, 9 to 43 % of pairs differ by
    more than other subjects explain (benchmarks/training_noise.py).

    Examples:
        >>> values = Interval(5, 4, 6), Interval(4, 3, 5), Interval(-1, -1.5, -0.5)
        >>> runs = Comparison("a", "b", (1, 1), (), 9, 5, ())
        >>> verdict(runs, PairedError("mae", *values, (5,), (4,)))[74:]
        'more than other subjects explain, but other seeds might.'
        >>> seeds = Comparison("a", "b", (2, 2), ("finetune.seed",), 9, 5, ())
        >>> verdict(seeds, PairedError("mae", *values, (5.1, 4.9), (4.1, 3.9)))
        'MAE: b is better than a by 1.00 points (0.50 to 1.50), more than the noise of other subjects and other seeds.'
    """
    name, difference = error.metric.upper(), error.difference
    if difference.low is None or difference.high is None:
        return f"{name}: the noise of the difference is not known: {difference.why}."
    varied = bool(comparison.varied)
    of_runs, first, second = "" if varied else "of these two runs, ", comparison.first, comparison.second
    if comparison.inside_noise(error):
        return (
            f"{name}: the difference of {abs(difference.value):.2f} points is inside the noise: with other subjects"
            f"{' and seeds' if varied else ''}, {second} could as well be {-difference.low:.2f} better as "
            f"{difference.high:.2f} worse."
        )
    low, high = sorted((abs(difference.low), abs(difference.high)))
    direction = "better" if difference.value < 0 else "worse"
    known = (
        ", more than the noise of other subjects and other seeds"
        if varied
        else ": more than other subjects explain, but other seeds might"
    )
    return (
        f"{name}: {of_runs}{second} is {direction} than {first} by {abs(difference.value):.2f} points ({low:.2f} to "
        f"{high:.2f}){known}."
    )


def seeds_sentence(comparison: Comparison) -> str:
    """Return a sentence that says which seeds were varied, and what is taken from where.

    Examples:
        >>> seeds_sentence(Comparison("a", "b", (3, 1), ("finetune.seed",), 9, 5, ()))
        'Seeds: 3 models of a, 1 of b, which differ in finetune.seed. What other seeds do to b is taken from a.'
    """
    if not comparison.varied:
        return NOT_VARIED
    (first, first_models), (second, second_models) = zip(
        (comparison.first, comparison.second), comparison.models, strict=True
    )
    text = f"Seeds: {first_models} models of {first}, {second_models} of {second}, which differ in "
    text += f"{' and '.join(comparison.varied)}."
    if 1 in comparison.models:
        single, other = (first, second) if first_models == 1 else (second, first)
        text += f" What other seeds do to {single} is taken from {other}."
    return text


def cautions(count: int) -> list[str]:
    """Return sentences below differences of single runs: that seeds were not varied, and what several of them mean.

    Args:
        count: number of differences.

    Examples:
        >>> cautions(0), len(cautions(1)), cautions(3)[1][:67]
        ([], 1, '3 differences are shown, each with its own 95 % interval: if none w')
    """
    if count < 2:
        return [NOT_VARIED] * count
    chance = 100 * (1 - LEVEL**count)
    return [
        NOT_VARIED,
        f"{count} differences are shown, each with its own 95 % interval: if none were real, about {chance:.0f} % of "
        "such lists would have one that seems so. `msn study` adjusts for it.",
    ]


def to_json(comparison: Comparison) -> str:
    """Return the comparison as one JSON object; each error says whether it is inside the noise (null: not known)."""
    content = asdict(comparison)
    for entry, error in zip(content["errors"], comparison.errors, strict=True):
        entry["inside_noise"] = comparison.inside_noise(error)
    return json.dumps(content, indent=2)
