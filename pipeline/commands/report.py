"""`msn report`: the page about experiments."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.report.page import write_report
from pipeline.studies.definition import parse_changes

app = typer.Typer()


@app.command()
def report(
    experiments: Annotated[
        list[str] | None, typer.Argument(help="Experiments, revisions of Git, or workspace (the default).")
    ] = None,
    studies: Annotated[
        list[str] | None, typer.Option("--study", help="A study to show; by default all of studies/.")
    ] = None,
    assignments: Annotated[
        list[str] | None, typer.Option("--set-param", "-S", metavar="KEY=VALUE", help="As it was given to msn study.")
    ] = None,
    output: Annotated[Path, typer.Option(help="The page to write.")] = Path("report.html"),
    faces: Annotated[bool, typer.Option("--faces", help="Show faces: saliency, and the worst recordings.")] = False,
) -> None:
    """Write one HTML page about experiments: scores, the paper's tables beside ours, studies, a model card.

    The first experiment is told in full, others stand beside it. The page is self-contained; it names no recording, and
    shows no face unless --faces is given.
    """
    for reason in write_report(output, experiments or [], studies, parse_changes(assignments or []), faces):
        typer.echo(f"a study is left out: {reason}", err=True)
    told = "; it shows faces: personal data where they are of real people" if faces else ""
    typer.echo(f"{output} ({output.stat().st_size / 1e6:.1f} MB){told}")
