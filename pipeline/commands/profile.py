"""`msn profile`: writes the settings of a corpus into params.yaml."""

import json
from pathlib import Path
from typing import Annotated

import typer

from pipeline.params.check import load_params
from pipeline.params.controls import control_warning
from pipeline.profiles import apply_profile, roots_to_set

PARAMS, PROFILES = Path("params.yaml"), Path("profiles")

app = typer.Typer(add_completion=False)


@app.command()
def profile(name: Annotated[str, typer.Argument(help="The name of a file in profiles/, without .yaml.")]) -> None:
    """Write the settings of a corpus into params.yaml, for example `msn profile avec2014`.

    A profile sets every key of params.yaml but those of the simulated corpus, so no control, seed or precision of an
    earlier run is left; its four paths are to be set afterwards. Comments stay. Nothing is written unless every stage
    would accept the result. To undo it: git checkout params.yaml
    """
    changes = apply_profile(name, PARAMS, PROFILES)
    for change in changes:
        typer.echo(f"{change.key}: {json.dumps(change.before)} -> {json.dumps(change.after)}")
    if not changes:
        typer.echo(f"{PARAMS} already agrees with the profile {name}")
    if warning := control_warning(load_params(PARAMS).model_dump(mode="json")):
        typer.echo(f"\n{warning}")
    if roots := roots_to_set(load_params(PARAMS)):
        typer.echo(f"\nTo be set in {PARAMS}, because these paths do not exist:")
        for key, value in roots:
            typer.echo(f"  {key}: {value}")
