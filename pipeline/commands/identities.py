"""`msn identities`: the list of a tree of faces."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.identities.image_list import classes_of, find_images
from pipeline.runtime.atomic import write_text_atomically

app = typer.Typer()


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
        write_text_atomically(output, text)
    typer.echo(f"{len(entries)} images of {len(classes_of(entries))} identities", err=True)
