"""`msn complexity`: parameters, multiply-adds and times of the networks."""

import platform
import sys
from typing import Annotated

import torch
import typer

from pipeline.complexity.table import measure_models, show, to_json
from pipeline.device import select_device
from pipeline.nets.build import BACKBONES
from pipeline.params.check import check_model
from pipeline.params.network import Model
from pipeline.runtime.console import plain_console

app = typer.Typer(add_completion=False)
WIDTH = 160  # columns of a table that is not printed to a terminal


@app.command()
def complexity(
    model: Annotated[str | None, typer.Option(help="msn, c3d, i3d or resnet50; by default all of them.")] = None,
    depth: Annotated[int, typer.Option(help="Depth of msn: 27, 36, 51, 69 or 99.")] = 69,
    kernels: Annotated[str, typer.Option(help="Kernel sizes of msn: odd numbers, separated by commas.")] = "3,5,7",
    width: Annotated[float, typer.Option(help="Factor on the number of channels of all convolutions.")] = 1.0,
    frames: Annotated[int, typer.Option("--clip", min=1, help="Number of frames of a clip.")] = 16,
    size: Annotated[int, typer.Option(min=1, help="Height and width of the face, in pixels.")] = 112,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON: one object, or a list for several networks.")
    ] = False,
    timing: Annotated[
        bool | None, typer.Option(help="Time the networks too, which takes minutes; by default unless --json is given.")
    ] = None,
) -> None:
    """Print parameters, multiply-adds and times of the networks beside the paper's table 5.

    The networks are timed in fp32 and compiled for inference, on the device that MSN_DEVICE names.
    """
    values = {"depth": depth, "kernels": _parse_kernels(kernels), "width": width}
    models = [_model_params(name, values) for name in ([model] if model else BACKBONES)]
    device = select_device() if timing or (timing is None and not as_json) else None
    rows = measure_models(models, frames, size, device)
    setting = f"on {_device_name(device)}, fp32" if device else ""
    if as_json:
        typer.echo(to_json(rows, size, setting))
    else:
        show(plain_console(width=None if sys.stdout.isatty() else WIDTH), rows, frames, size, setting)


def _parse_kernels(kernels: str) -> list[int]:
    try:
        return [int(kernel) for kernel in kernels.split(",")]
    except ValueError:
        raise ValueError(f"--kernels is {kernels}; allowed: odd numbers separated by commas, as 3,5,7") from None


def _model_params(name: str, values: dict[str, object]) -> Model:
    """Return a section `model` with the given values; all other parameters do not affect the complexity."""
    fixed = {"dropout": 0.0, "batch_norm_momentum": 0.01, "mean": [0.0, 0.0, 0.0], "scale": 1.0}
    return check_model({"name": name, **values, **fixed}, "msn complexity")


def _device_name(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"a CPU ({platform.machine()}, {torch.get_num_threads()} threads)"
