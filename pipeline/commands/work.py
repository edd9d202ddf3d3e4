"""`msn work`: the store of finished work."""

from collections import defaultdict
from typing import Annotated

import typer
from rich.filesize import decimal

from pipeline.artifacts.artifact_store import work_root
from pipeline.pruning import Holding, holdings, named, remove

app = typer.Typer(
    help="The store of finished work: what it holds, and how to shrink it.", no_args_is_help=True, add_completion=False
)


@app.command("list")
def list_work() -> None:
    """Say what the store of finished work holds, by kind."""
    _tell(holdings())


@app.command()
def prune(
    progress: Annotated[bool, typer.Option("--progress", help="Remove the progress of trainings as well.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove finished work that neither dvc.lock nor an experiment names.

    Named is what the dvc.lock of the working directory, a branch, a tag or an experiment lists. What an interrupted run
    has finished so far is not named: let it end first, and prune while no stage runs.
    """
    kept = named()
    unnamed = [held for held in holdings() if (progress if not held.finished else not kept.cover(held.folder))]
    if kept.unknown:
        typer.echo(f"named, but not in DVC's cache, so that nobody knows which items they held: {kept.unknown} outputs")
    if not unnamed:
        typer.echo("nothing to remove")
        return
    _tell(unnamed)
    if not yes:
        typer.confirm("Remove these?", abort=True)
    for held in unnamed:
        remove(held)


def _tell(found: list[Holding]) -> None:
    groups = defaultdict(list)
    for held in found:
        groups[held.kind, held.finished].append(held.bytes)
    for (kind, finished), sizes in groups.items():
        what = "finished" if finished else "progress"
        typer.echo(f"{kind:12} {len(sizes):6} {what}  {decimal(sum(sizes)):>10}")
    typer.echo(f"{len(found)} folders, {decimal(sum(held.bytes for held in found))}, in {work_root()}")
