"""`msn export`: export of a trained model for other programs."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.exporting.export import export as write
from pipeline.exporting.exportable import load_scorer
from pipeline.models.model_folder import read_model_folder
from pipeline.predicting.notes import model_notes

app = typer.Typer(add_completion=False)


@app.command()
def export(
    output: Annotated[Path, typer.Argument(help="The file to write: NAME.pt2 (torch.export) or NAME.onnx.")],
    model: Annotated[Path, typer.Option(help="The model folder.")] = Path("models/finetuned"),
) -> None:
    """Write a fine-tuned model as one file that maps clips of aligned faces to scores, in points of its scale.

    Input `clips`: RGB, (batch, time, height, width, 3), 0 to 255, 8 bits. Output: one score for each clip. The model
    includes the normalisation of the images and the scale of the scores. The file is written only if its scores agree
    with those of the network.
    """
    scorer, shape = load_scorer(model)
    folder = read_model_folder(model)
    for note in model_notes(folder):
        typer.echo(f"warning: {note}", err=True)
    difference = write(scorer, shape, output)
    frames, height, width, _ = shape
    typer.echo(
        f"{output}: clips of {frames} x {height} x {width}; scores ({folder.scale}) within {difference:.2g} points of "
        "the network"
    )
