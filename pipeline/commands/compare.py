"""`msn compare`: the paired difference of two experiments."""

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
    first: Annotated[str, typer.Argument(help="An experiment, a revision of Git, or workspace.")],
    second: Annotated[str, typer.Argument(help="The other experiment, as the first.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
) -> None:
    """Compare the errors of two experiments on the same videos, for example `msn compare HEAD msn-single`.

    The difference is paired, with a 95 % interval over subjects; the output says whether it lies inside the noise. It
    is an error if the two experiments estimated different videos.
    """
    comparison = compare(first, second)
    if as_json:
        typer.echo(to_json(comparison))
    else:
        show(plain_console(width=None if sys.stdout.isatty() else WIDTH), comparison)
