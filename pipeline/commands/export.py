"""`msn export`: a trained model for other programs."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.exporting.estimator import open_estimator
from pipeline.exporting.export import export as write

app = typer.Typer()


@app.command()
def export(
    output: Annotated[Path, typer.Argument(help="The file to write: NAME.pt2 (torch.export) or NAME.onnx.")],
    model: Annotated[Path, typer.Option(help="The folder of the model.")] = Path("models/finetuned"),
) -> None:
    """Write a fine-tuned model as one file that takes clips of aligned faces and gives BDI-II scores.

    Input `clips`: RGB, (batch, time, height, width, 3), 0 to 255, 8 bits. Output: one score a clip. The mean of the
    images and the scale of the scores are inside. It is not written unless it answers as the network does.
    """
    estimator, shape = open_estimator(model)
    difference = write(estimator, shape, output)
    frames, height, width, _ = shape
    typer.echo(f"{output}: clips of {frames} x {height} x {width}; within {difference:.2g} points of the network")
