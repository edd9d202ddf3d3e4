"""`msn report`: an HTML page about experiments."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.report.page import write_report
from pipeline.studies.definition import parse_changes

app = typer.Typer(add_completion=False)


@app.command()
def report(
    experiments: Annotated[
        list[str] | None, typer.Argument(help="Experiments, Git revisions, or workspace (the default).")
    ] = None,
    studies: Annotated[
        list[str] | None, typer.Option("--study", help="A study to show; by default all in studies/.")
    ] = None,
    assignments: Annotated[
        list[str] | None, typer.Option("--set-param", "-S", metavar="KEY=VALUE", help="As passed to msn study.")
    ] = None,
    output: Annotated[Path, typer.Option(help="The HTML file to write.")] = Path("report.html"),
    faces: Annotated[
        bool, typer.Option("--faces", help="Show faces: saliency, and the recordings with the worst detection.")
    ] = False,
) -> None:
    """Write one HTML page about experiments: scores, the paper's tables beside ours, studies, a model card, methods.

    The first experiment is reported in full; the others are compared with it. The page is self-contained; it names no
    recordings, and shows no faces unless --faces is given.
    """
    for reason in write_report(output, experiments or [], studies, parse_changes(assignments or []), faces):
        typer.echo(f"a study is left out: {reason}", err=True)
    warning = "; it shows faces: of real people they are personal data" if faces else ""
    typer.echo(f"{output} ({output.stat().st_size / 1e6:.1f} MB){warning}")
