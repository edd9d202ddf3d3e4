"""`msn compare-saliency`: figure 6 of two experiments."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.comparing.saliency import compare_saliency

app = typer.Typer()


@app.command()
def compare_saliency_of(
    first: Annotated[str, typer.Argument(help="An experiment, a revision of Git, or workspace.")],
    second: Annotated[str, typer.Argument(help="Likewise.")],
    output: Annotated[Path, typer.Option(help="The picture to write.")] = Path("saliency-compared.png"),
) -> None:
    """Draw figure 6 of two experiments side by side, as `msn compare-saliency msn-single msn`. It shows faces."""
    compare_saliency(first, second, output)
    typer.echo(f"{output}: shows faces; personal data where they are of real people")
