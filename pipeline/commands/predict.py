"""`msn predict`: what a model says of videos."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from pipeline.artifacts.hashing import file_digest
from pipeline.models.weights import WEIGHTS, load_network
from pipeline.params_check import load_params
from pipeline.predicting.batch import estimate_videos
from pipeline.predicting.frame_rate import parse_frame_rate
from pipeline.predicting.model import check_model_agrees, input_spec_and_clip
from pipeline.predicting.render import show, succeeded, to_json
from pipeline.runtime.log import start_logging

WIDTH = 120  # letters of a table that goes to a file
PARAMS, FINETUNED = Path("params.yaml"), Path("models/finetuned")

app = typer.Typer()


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
    footage, _ = input_spec_and_clip(folder, description)
    if model is None and PARAMS.is_file():
        check_model_agrees(folder, description, load_params(PARAMS))
    if phases > footage.preprocessing.subsample.phases:
        most = footage.preprocessing.subsample.phases
        raise ValueError(f"--phases is {phases}; allowed for this model: 1 to {most} (subsample.phases)")
    rate = parse_frame_rate(fps)
    start_logging()
    found = estimate_videos(videos, folder, rate, phases, figure, overlay)
    if as_json:
        typer.echo(to_json(found, folder, file_digest(folder / WEIGHTS), description))
    else:
        show(Console(width=None if sys.stdout.isatty() else WIDTH), found)
    if not succeeded(found):
        raise typer.Exit(1)
