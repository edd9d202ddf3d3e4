"""`msn compare-saliency`: figure 6 of two experiments."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.comparing.saliency import compare_saliency

app = typer.Typer(add_completion=False)


@app.command()
def draw_saliency_comparison(
    first: Annotated[str, typer.Argument(help="An experiment, a revision of Git, or workspace.")],
    second: Annotated[str, typer.Argument(help="The other experiment, as the first.")],
    output: Annotated[Path, typer.Option(help="The PNG file to write.")] = Path("saliency-compared.png"),
) -> None:
    """Draw figure 6 of two experiments side by side, for example `msn compare-saliency msn-single msn`.

    The figure shows faces. With an experiment of permuted labels it is a check: maps that are still alike (a rank
    correlation near 1) do not show what was learned from the scores.
    """
    correlation = compare_saliency(first, second, output)
    typer.echo(f"rank correlation of the absolute relevance, mean over clips: {correlation:.2f}")
    typer.echo(f"{output}: shows faces; of real people they are personal data")
