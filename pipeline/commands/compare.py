"""`msn compare`: the paired difference of two experiments."""

import sys
from typing import Annotated

import typer
from rich.console import Console

from pipeline.comparing.render import show, to_json
from pipeline.comparing.scores import compare

WIDTH = 120  # letters of a table that goes to a file

app = typer.Typer()


@app.command()
def compare_scores(
    first: Annotated[str, typer.Argument(help="An experiment, a revision of Git, or workspace.")],
    second: Annotated[str, typer.Argument(help="Likewise.")],
    resamples: Annotated[int, typer.Option(min=100, help="Of the bootstrap over subjects.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Of its draws.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
) -> None:
    """Compare the errors of two experiments on the same videos, as `msn compare HEAD msn-single`.

    The difference is paired, with a 95 % interval by bootstrap over subjects, and it is said whether it is inside the
    noise. Refused where the two did not estimate the same videos.
    """
    found = compare(first, second, resamples, seed)
    if as_json:
        typer.echo(to_json(found))
    else:
        show(Console(width=None if sys.stdout.isatty() else WIDTH), found)
