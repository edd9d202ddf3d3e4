"""`msn identities`: the image list of a folder tree of identities."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.identities.image_list import find_images, list_identities
from pipeline.runtime.atomic import write_text_atomically

app = typer.Typer(add_completion=False)


@app.command()
def identities(
    root: Annotated[
        Path, typer.Argument(help="A folder with one subfolder for each identity.", exists=True, file_okay=False)
    ],
    output: Annotated[Path | None, typer.Option(help="The list to write; by default it is printed.")] = None,
) -> None:
    """List the images of any folder tree of identities, for the parameter identities.list.

    Example: `msn identities /data/faces --output /data/faces/list.txt`.
    """
    entries = find_images(root)
    text = "".join(f"{entry}\n" for entry in entries)
    if output is None:
        typer.echo(text, nl=False)
    else:
        write_text_atomically(output, text)
    typer.echo(f"{len(entries)} images of {len(list_identities(entries))} identities", err=True)
