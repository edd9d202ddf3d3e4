"""`msn complexity`: what networks cost."""

import platform
import sys
from typing import Annotated

import torch
import typer
from rich.console import Console

from pipeline.complexity.table import show, study, to_json
from pipeline.device import select_device
from pipeline.params import Model
from pipeline.params_check import check_model

app = typer.Typer()
WIDTH = 160  # letters of a table that goes to a file
NAMES = ("msn", "c3d", "i3d")


@app.command()
def complexity(
    model: Annotated[str | None, typer.Option(help="msn, c3d or i3d; by default all three.")] = None,
    depth: Annotated[int, typer.Option(help="Of msn: 27, 36, 51, 69 or 99.")] = 69,
    kernels: Annotated[str, typer.Option(help="Of msn: odd numbers with commas between.")] = "3,5,7",
    width: Annotated[float, typer.Option(help="A factor on the channels of convolutions.")] = 1.0,
    frames: Annotated[int, typer.Option("--clip", min=1, help="Frames of a clip.")] = 16,
    size: Annotated[int, typer.Option(min=1, help="Pixels of the face each way.")] = 112,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one object for one network.")] = False,
    timing: Annotated[
        bool | None, typer.Option(help="Time the networks too, which takes minutes; by default not with --json.")
    ] = None,
) -> None:
    """Parameters, multiply-adds and times of the networks, beside the paper's table 5.

    Networks are timed in fp32 and compiled for inference, on the device that MSN_DEVICE names.
    """
    values = {"depth": depth, "kernels": _numbers(kernels), "width": width}
    models = [_model(name, values) for name in ([model] if model else NAMES)]
    where = select_device() if timing or (timing is None and not as_json) else None
    rows = study(models, frames, size, where)
    told = f"on {_named(where)}, fp32" if where else ""
    if as_json:
        typer.echo(to_json(rows, frames, size, told))
    else:
        show(Console(width=None if sys.stdout.isatty() else WIDTH), rows, frames, size, told)


def _numbers(kernels: str) -> list[int]:
    try:
        return [int(kernel) for kernel in kernels.split(",")]
    except ValueError:
        raise ValueError(f"--kernels is {kernels}; allowed: odd numbers with commas between, as 3,5,7") from None


def _model(name: str, values: dict[str, object]) -> Model:
    """A section `model` with what costs; the rest does not."""
    rest = {"dropout": 0.0, "batch_norm_momentum": 0.01, "mean": [0.0, 0.0, 0.0], "scale": 1.0}
    return check_model({"name": name, **values, **rest}, "msn complexity")


def _named(where: torch.device) -> str:
    if where.type == "cuda":
        return torch.cuda.get_device_name(where)
    return f"a CPU ({platform.machine()}, {torch.get_num_threads()} threads)"
