"""`msn study`: queues, runs and collects a grid of experiments."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.studies.definition import STUDIES, list_studies, parse_changes, read_study
from pipeline.studies.metrics_file import write_metrics
from pipeline.studies.queue import start, tasks
from pipeline.studies.run import Planned, collect, enqueue, plan, wait
from pipeline.studies.table import markdown
from pipeline.study_costs.cost import study_cost
from pipeline.study_costs.lines import cost_lines

app = typer.Typer(add_completion=False)


@app.command()
def study(
    name: Annotated[str | None, typer.Argument(help="The name of a file in studies/ without .yaml, or a path.")] = None,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", min=1, help="Number of concurrent experiments; 1 for one GPU.")
    ] = 1,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only list the state and the reckoned time of each experiment.")
    ] = False,
    queue: Annotated[bool, typer.Option("--queue", help="Only queue; `dvc queue start` runs them.")] = False,
    only_collect: Annotated[
        bool, typer.Option("--collect", help="Only write the table of finished experiments.")
    ] = False,
    retry: Annotated[bool, typer.Option("--retry", help="Queue failed experiments again.")] = False,
    assignments: Annotated[
        list[str] | None,
        typer.Option("--set-param", "-S", metavar="KEY=VALUE", help="A parameter of all grid points, as in dvc exp."),
    ] = None,
    metrics: Annotated[
        Path | None, typer.Option(help="A JSON file to write the metrics of all rows to, over all their videos.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="The folder to write to; by default studies/NAME.")] = None,
) -> None:
    """Run a grid of experiments through DVC's queue and write a table and a figure, for example `msn study depth`.

    A grid point is not run again if there is an experiment with the same parameters and code; an interrupted study
    resumes when it is called again. Waiting may be interrupted: DVC's workers continue.
    """
    if name is None:
        if not (names := list_studies()):
            raise ValueError(f"{STUDIES}: there is no study here")
        for study_name in names:
            typer.echo(f"{study_name:12}{read_study(study_name).title}")
        return
    definition, changes = read_study(name), parse_changes(assignments or [])
    planned = plan(definition, changes)
    folder = output or STUDIES / definition.name
    if dry_run:
        typer.echo("\n".join(cost_lines(planned, study_cost(planned))))
        return
    if not only_collect:
        enqueue(planned, changes, retry, typer.echo)
        planned = plan(definition, changes)
        waiting = [item.name for item in planned if item.state in ("queued", "running")]
        if queue:
            _print_states(planned)
            typer.echo(f"`dvc queue start -j {jobs}` runs what is queued; `msn study {name} --collect` makes the table")
            return
        if waiting:
            start(jobs)
            typer.echo(
                f"{len(waiting)} of {len(planned)} to run; they continue if this command is interrupted (Ctrl-C)"
            )
            if other_names := [task.name for task in tasks() if task.state == "queued" and task.name not in waiting]:
                typer.echo(f"the queue also holds, and will run: {', '.join(other_names)}")
            wait(waiting, typer.echo)
            planned = plan(definition, changes)
    rows = collect(definition, planned, folder)
    typer.echo(markdown(definition, rows))
    typer.echo(f"{folder}: table.csv, table.md" + (", figure.png" if (folder / "figure.png").is_file() else ""))
    if _print_failures(planned):
        raise typer.Exit(1)
    if metrics:
        write_metrics(metrics, rows)


def _print_states(planned: list[Planned]) -> None:
    for item in planned:
        typer.echo(
            f"{item.state:9}{item.name}  ({item.point.row}{', ' + item.point.repeat if item.point.repeat else ''})"
        )
    missing = sum(item.state == "missing" for item in planned)
    typer.echo(f"{len(planned)} experiments, {missing} to queue")


def _print_failures(planned: list[Planned]) -> bool:
    """Print the failed experiments to stderr; return whether there are any."""
    failed = [item.name for item in planned if item.state == "failed"]
    for name in failed:
        typer.echo(f"failed: {name}; why: dvc queue logs {name}; again: --retry", err=True)
    return bool(failed)
