"""`msn doctor`: what a maintainer needs to know to help, and nothing that names anyone."""

import sys
from typing import Annotated

import typer

from pipeline.doctor.examine import examine
from pipeline.doctor.render import count_verdicts, to_json, to_text

app = typer.Typer(add_completion=False)


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of Markdown.")] = False,
) -> None:
    """Check the installation and the machine, and print what an issue needs: versions, devices, file systems, checks.

    The output is Markdown to paste into an issue. It names no person, no machine, no address, and no folder or file of
    yours. Nothing is sent anywhere.

    It works in a checkout of the project and outside of any. The exit status is 1 if there is a problem.
    """
    if sys.stderr.isatty():
        typer.echo("examining; this takes some seconds", err=True)
    sections = examine()
    typer.echo(to_json(sections) if as_json else to_text(sections))
    if count_verdicts(sections)["problem"]:
        raise typer.Exit(1)
