"""`msn study`: a grid of experiments, queued, run and collected."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.studies.definition import STUDIES, known_studies, parse_changes, read_study
from pipeline.studies.queue import start, tasks
from pipeline.studies.run import Planned, collect, enqueue, plan, wait
from pipeline.studies.table import markdown

app = typer.Typer()


@app.command()
def study(
    name: Annotated[str | None, typer.Argument(help="A file of studies/ without .yaml, or the path of one.")] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Experiments that run at once; on one GPU, 1.")] = 1,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what is there and what would run.")] = False,
    queue: Annotated[bool, typer.Option("--queue", help="Only queue; `dvc queue start` runs them.")] = False,
    only_collect: Annotated[bool, typer.Option("--collect", help="Only write the table of what is finished.")] = False,
    retry: Annotated[bool, typer.Option("--retry", help="Queue again what failed.")] = False,
    assignments: Annotated[
        list[str] | None, typer.Option("--set-param", "-S", metavar="KEY=VALUE", help="For all points, as in dvc exp.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="The folder to write to; by default studies/NAME.")] = None,
) -> None:
    """Run a grid of experiments through DVC's queue and put them into a table and a figure, as `msn study depth`.

    What has an experiment with the same parameters and code is not run again, so that an interrupted study goes on when
    it is called again. Waiting can be broken off: DVC's workers go on.
    """
    if name is None:
        for known in known_studies():
            typer.echo(f"{known:12}{read_study(known).title}")
        return
    chosen, changes = read_study(name), parse_changes(assignments or [])
    planned = plan(chosen, changes)
    folder = output or STUDIES / chosen.name
    if dry_run:
        _tell(planned)
        return
    if not only_collect:
        enqueue(planned, changes, retry, typer.echo)
        planned = plan(chosen, changes)
        waiting = [item.name for item in planned if item.state in ("queued", "running")]
        if queue:
            _tell(planned)
            typer.echo(f"`dvc queue start -j {jobs}` runs what is queued; `msn study {name} --collect` makes the table")
            return
        if waiting:
            start(jobs)
            typer.echo(f"{len(waiting)} of {len(planned)} to run; they go on when this is broken off (Ctrl-C)")
            if others := [task.name for task in tasks() if task.state == "queued" and task.name not in waiting]:
                typer.echo(f"the queue also holds, and will run: {', '.join(others)}")
            wait(waiting, typer.echo)
            planned = plan(chosen, changes)
    rows = collect(chosen, planned, folder)
    typer.echo(markdown(chosen, rows))
    typer.echo(f"{folder}: table.csv, table.md" + (", figure.png" if (folder / "figure.png").is_file() else ""))
    if _tell_of_failures(planned):
        raise typer.Exit(1)


def _tell(planned: list[Planned]) -> None:
    for item in planned:
        typer.echo(
            f"{item.state:9}{item.name}  ({item.point.row}{', ' + item.point.repeat if item.point.repeat else ''})"
        )
    missing = sum(item.state == "missing" for item in planned)
    typer.echo(f"{len(planned)} experiments, {missing} to queue")


def _tell_of_failures(planned: list[Planned]) -> bool:
    failed = [item.name for item in planned if item.state == "failed"]
    for name in failed:
        typer.echo(f"failed: {name}; why: dvc queue logs {name}; again: --retry", err=True)
    return bool(failed)
