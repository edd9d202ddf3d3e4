"""`msn compare`: the paired difference of two experiments, or of two configurations with repeats."""

import sys
from typing import Annotated

import typer

from pipeline.comparing.render import show, to_json
from pipeline.comparing.scores import compare
from pipeline.runtime.console import plain_console

WIDTH = 120  # columns of a table that is not printed to a terminal

app = typer.Typer(add_completion=False)


@app.command()
def compare_scores(
    first: Annotated[
        str,
        typer.Argument(help="An experiment, a revision of Git, or workspace; or several, with commas: other seeds."),
    ],
    second: Annotated[str, typer.Argument(help="The other side, as the first.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
) -> None:
    """Compare the errors of two sides on the same videos, for example `msn compare HEAD msn-single`.

    The difference is paired, with a 95 % interval; the output says whether it lies inside the noise. With one
    experiment a side, it is the difference of two runs, and other seeds could give another. Several experiments that
    differ in their seeds alone, `msn compare A1,A2,A3 B1,B2,B3`, compare the configurations: the interval is over
    subjects and seeds. It is an error if the two sides estimated different videos.
    """
    comparison = compare(first, second)
    if as_json:
        typer.echo(to_json(comparison))
    else:
        show(plain_console(width=None if sys.stdout.isatty() else WIDTH), comparison)
