"""`msn work`: lists, verifies and prunes the artifact store."""

from collections import defaultdict
from typing import Annotated

import typer
from rich.filesize import decimal

from pipeline.artifacts.artifact_store import ArtifactStore, work_root
from pipeline.runtime.log import start_logging
from pipeline.upkeep.pruning import referenced_files
from pipeline.upkeep.stored_folders import StoredFolder, stored_folders
from pipeline.upkeep.verifying import verify

app = typer.Typer(
    help="The artifact store of finished items: list its content, verify it, prune it.",
    no_args_is_help=True,
    add_completion=False,
)


@app.command("list")
def list_work() -> None:
    """List the content of the artifact store by kind: number of folders and size."""
    _print_sizes(stored_folders())


@app.command("verify")
def verify_work() -> None:
    """Hash every finished item and every checkpoint, and drop the damaged ones, which the next run makes again.

    The exit status is 1 if there were any. Their outputs may be links to the same files: run `dvc repro` afterwards.
    """
    start_logging()
    stored = stored_folders()
    damaged = verify(stored)
    for line in damaged:
        typer.echo(line)
    typer.echo(f"{len(stored)} folders verified, {len(damaged)} damaged, in {work_root()}")
    if damaged:
        raise typer.Exit(1)


@app.command()
def prune(
    progress: Annotated[bool, typer.Option("--progress", help="Remove the progress of trainings as well.")] = False,
    features: Annotated[
        bool, typer.Option("--features", help="Remove features of recordings as well; estimators compute them again.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
) -> None:
    """Remove finished items that no dvc.lock refers to.

    The dvc.lock of the working directory and of every branch, tag and experiment counts. The finished items of an
    interrupted run are in none of them: let the run end first, and prune while no stage runs.
    """
    referenced = referenced_files()

    def is_unused(stored: StoredFolder) -> bool:
        if not stored.finished:
            return progress
        return features if stored.is_features else not referenced.cover(stored.folder)

    unused = [stored for stored in stored_folders() if is_unused(stored)]
    if referenced.unlisted:
        typer.echo(
            f"referenced, but not in DVC's cache, so that their items are unknown: {referenced.unlisted} outputs"
        )
    if not unused:
        typer.echo("nothing to remove")
        return
    _print_sizes(unused)
    if not yes:
        typer.confirm("Remove these?", abort=True)
    for stored in unused:
        ArtifactStore(stored.kind).drop(stored.folder)


def _print_sizes(folders: list[StoredFolder]) -> None:
    groups = defaultdict(list)
    for stored in folders:
        groups[stored.kind, stored.finished].append(stored.bytes)
    for (kind, finished), sizes in groups.items():
        state = "finished" if finished else "progress"
        typer.echo(f"{kind:12} {len(sizes):6} {state}  {decimal(sum(sizes)):>10}")
    typer.echo(f"{len(folders)} folders, {decimal(sum(stored.bytes for stored in folders))}, in {work_root()}")
