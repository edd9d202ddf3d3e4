"""The command `msn`: what neither make nor dvc has a word for."""

import json
import os
import sys
from collections import defaultdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.filesize import decimal
from typer.core import TyperGroup

from pipeline.corpora.vggface2 import classes_of, find_images
from pipeline.nets.weights import WEIGHTS, load_network
from pipeline.params import load_params
from pipeline.predicting.everything import estimate_all
from pipeline.predicting.model import check_agrees, footage_and_clip
from pipeline.predicting.pace import asked_rate
from pipeline.predicting.report import show, succeeded, to_json
from pipeline.profiles import apply_profile, roots_to_set
from pipeline.pruning import Holding, holdings, named, remove
from pipeline.work.content import file_digest
from pipeline.work.finished import work_root
from pipeline.work.stage import start_log

WIDTH = 120  # letters of a table that goes to a file
PARAMS, PROFILES, FINETUNED = Path("params.yaml"), Path("profiles"), Path("models/finetuned")


class ForPeople(TyperGroup):
    """Commands whose errors are told in words, with exit status 1; a fault of ours still shows where it happened."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except (ValueError, OSError) as error:
            typer.echo(f"msn: {error}", err=True)
            raise typer.Exit(1) from None


app = typer.Typer(
    cls=ForPeople,
    help="What neither make (sets up and checks) nor dvc (runs and compares) has a word for.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
work = typer.Typer(help="The store of finished work: what it holds, and how to shrink it.", no_args_is_help=True)
app.add_typer(work, name="work")


@app.command()
def profile(name: Annotated[str, typer.Argument(help="A file of profiles/, without .yaml.")]) -> None:
    """Write the settings of a corpus into params.yaml, as `msn profile avec2014`.

    Comments and all other settings stay. Nothing is written unless every stage would accept the result. The way back
    is Git's: git checkout params.yaml
    """
    changes = apply_profile(name, PARAMS, PROFILES)
    for change in changes:
        typer.echo(f"{change.key}: {json.dumps(change.before)} -> {json.dumps(change.after)}")
    if not changes:
        typer.echo(f"{PARAMS} agrees with the profile {name} already")
    if roots := roots_to_set(load_params(PARAMS)):
        typer.echo(f"\nTo be set in {PARAMS}, for nothing is there yet:")
        for key, value in roots:
            typer.echo(f"  {key}: {value}")


@app.command()
def identities(
    root: Annotated[Path, typer.Argument(help="A tree of folders, one an identity.", exists=True, file_okay=False)],
    output: Annotated[Path | None, typer.Option(help="The list to write; without it, it is printed.")] = None,
) -> None:
    """List the images of any tree of faces, for identities.list, as `msn identities faces --output train_list.txt`."""
    entries = find_images(root)
    text = "".join(f"{entry}\n" for entry in entries)
    if output is None:
        typer.echo(text, nl=False)
    else:
        partial = output.with_name(output.name + ".partial")
        partial.write_text(text, encoding="utf-8")
        os.replace(partial, output)
    typer.echo(f"{len(entries)} images of {len(classes_of(entries))} identities", err=True)


@app.command()
def predict(
    videos: Annotated[list[Path], typer.Argument(help="Video files, and folders of such.")],
    model: Annotated[Path | None, typer.Option(help=f"The folder of the model; by default {FINETUNED}.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
    figure: Annotated[Path | None, typer.Option(help="A folder to write a figure of each video to.")] = None,
    overlay: Annotated[Path | None, typer.Option(help="A folder to write each video with its face marked to.")] = None,
    fps: Annotated[
        str | None,
        typer.Option(
            metavar="RATE",
            help="Frames a second to take videos at, or native; by default as the pipeline does, and at the model's "
            "own rate where a video's is not among those it learned from.",
        ),
    ] = None,
    phases: Annotated[int, typer.Option(min=1, help="Phases of the subsampling to average, as evaluate.phases.")] = 1,
) -> None:
    """Estimate the BDI-II score from the face in videos. This is no diagnosis.

    A video that cannot be estimated stops no other; it is named with its reason, and the exit status is 1.
    """
    folder = model or FINETUNED
    _, description = load_network(folder)  # so that weights that do not fit are told once, and before any work
    footage, _ = footage_and_clip(folder, description)
    if model is None and PARAMS.is_file():
        check_agrees(folder, description, load_params(PARAMS))
    if phases > footage.preprocessing.subsample.phases:
        most = footage.preprocessing.subsample.phases
        raise ValueError(f"--phases is {phases}; allowed for this model: 1 to {most} (subsample.phases)")
    rate = asked_rate(fps)
    start_log()
    found = estimate_all(videos, folder, rate, phases, figure, overlay)
    if as_json:
        typer.echo(to_json(found, folder, file_digest(folder / WEIGHTS), description))
    else:
        show(Console(width=None if sys.stdout.isatty() else WIDTH), found)
    if not succeeded(found):
        raise typer.Exit(1)


@work.command("list")
def list_work() -> None:
    """Say what the store of finished work holds, by kind."""
    _tell(holdings())


@work.command()
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


if __name__ == "__main__":
    app()
