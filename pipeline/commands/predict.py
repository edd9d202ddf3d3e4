"""`msn predict`: the scores that a model estimates from videos."""

import logging
import sys
from pathlib import Path
from typing import Annotated

import typer

from pipeline.estimators.registry import load_model
from pipeline.models.files import WEIGHTS
from pipeline.params.check import load_params
from pipeline.predicting.batch import estimate_videos
from pipeline.predicting.frame_rate import parse_frame_rate
from pipeline.predicting.model import check_model_agrees
from pipeline.predicting.notes import model_notes
from pipeline.predicting.render import show, succeeded, to_json
from pipeline.runtime.console import plain_console
from pipeline.runtime.file_digest import file_digest
from pipeline.runtime.log import start_logging

WIDTH = 120  # columns of a table that is not printed to a terminal
PARAMS, FINETUNED = Path("params.yaml"), Path("models/finetuned")

logger = logging.getLogger(__name__)

app = typer.Typer(add_completion=False)


@app.command()
def predict(
    videos: Annotated[list[Path], typer.Argument(help="Video files, and folders of video files.")],
    model: Annotated[Path | None, typer.Option(help=f"The model folder; by default {FINETUNED}.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
    figure: Annotated[Path | None, typer.Option(help="The folder to write a figure of each video to.")] = None,
    overlay: Annotated[
        Path | None, typer.Option(help="The folder to write each video to, with its face marked.")
    ] = None,
    fps: Annotated[
        str | None,
        typer.Option(
            metavar="RATE",
            help="The frame rate to decode videos at (frames per second), or native; by default as in the pipeline, "
            "and the model's frame rate if it was not fitted to the video's.",
        ),
    ] = None,
    phases: Annotated[
        int, typer.Option(min=1, help="Number of phases of the subsampling to average, as evaluate.phases.")
    ] = 1,
) -> None:
    """Estimate the severity of depression from the face in videos, on the scale of the model. This is no diagnosis.

    A video without an estimate, or a figure or overlay that cannot be written, does not stop the others; it is named
    with the reason, and the exit status is 1.
    """
    folder = model or FINETUNED
    if model is None and not FINETUNED.is_dir():
        raise FileNotFoundError(f"{FINETUNED}: there is no model yet; `dvc repro` fits one, --model names another")
    loaded = load_model(folder)  # so that unsuitable weights are reported once, before any work
    input_spec = loaded.folder.input_spec
    if model is None and PARAMS.is_file():
        check_model_agrees(loaded, load_params(PARAMS))
    if phases > input_spec.preprocessing.subsample.phases:
        max_phases = input_spec.preprocessing.subsample.phases
        raise ValueError(f"--phases is {phases}; allowed for this model: 1 to {max_phases} (subsample.phases)")
    rate = parse_frame_rate(fps)
    start_logging()
    for note in model_notes(loaded.folder):
        logger.warning(note)
    estimates = estimate_videos(videos, folder, rate, phases, figure, overlay)
    if as_json:
        typer.echo(to_json(estimates, folder, file_digest(folder / WEIGHTS), loaded.folder))
    else:
        show(plain_console(width=None if sys.stdout.isatty() else WIDTH), estimates, loaded.folder.scale)
    if not succeeded(estimates):
        raise typer.Exit(1)
