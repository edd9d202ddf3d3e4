"""The complexity study: what the networks cost, beside table 5 of the MSN paper."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import torch
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.table import Table

from pipeline.complexity.compiled import compile_for_inference
from pipeline.complexity.count import Cost, cost_of
from pipeline.complexity.timing import Timing, measure
from pipeline.models.description import network_name
from pipeline.nets.build import build
from pipeline.nets.heads import Regression
from pipeline.params import Model

PAPER = {"c3d": (32.1, 0.040, 8.9), "i3d": (13.0, 0.030, 26.2), "msn": (77.7, 0.074, 164.9)}  # table 5, on a Tesla T4
TIMED = ("latency", "clips/s", "GMAC/s", "peak memory")
SEED = 0  # of the weights that are timed: their values make no difference
NOTES = (
    "MACs: multiply-adds of convolutions and linear layers for one clip; FLOP are twice as many.",
    'The paper\'s column "FLOP (x 10^6)" cannot be compute: for I3D and MSN it is about twice the parameters, as if '
    "every weight were used once, where a convolution uses each at every place of the clip.",
)


@dataclass(frozen=True)
class Row:
    """One network of the study.

    Attributes:
        label: its name, with depth and kernels where it has them.
        name: msn, c3d or i3d.
        cost: counted.
        timing: measured, or None where nothing was.
    """

    label: str
    name: str
    cost: Cost
    timing: Timing | None


def study(models: Sequence[Model], frames: int, size: int, device: torch.device | None) -> list[Row]:
    """Count, and time on `select_device` unless it is None, in fp32 and as `pipeline.complexity.compiled` makes it."""
    rows = []
    columns = SpinnerColumn(), TextColumn("{task.description}")
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=device is None) as progress:
        task = progress.add_task("")
        for model in models:
            label = network_name(model)
            cost, timing = cost_of(model, frames, size), None
            if device is not None:

                def told(batch: int, label: str = label) -> None:
                    progress.update(task, description=f"compiling and timing {label}, {batch} clips at once")

                network = build(model, Regression(), SEED).eval().to(device)
                timing = measure(compile_for_inference(network), (frames, size, size), device, told)
            rows.append(Row(label, model.name, cost, timing))
    return rows


def show(console: Console, rows: Sequence[Row], frames: int, size: int, where: str) -> None:
    """Print the table and what is to be known about it."""
    timed = any(row.timing for row in rows)
    table = Table(title=f"One clip of {frames} frames of {size} x {size} pixels", title_justify="left")
    for heading in ("network", "parameters", "GMAC", *(TIMED if timed else ()), "paper: parameters", "s", '"FLOP"'):
        table.add_column(heading, justify="left" if heading == "network" else "right")
    for row in rows:
        paper = PAPER[row.name]
        timing = _timed(row.timing, row.cost.macs) if row.timing else ()
        told = (f"{paper[0]:.1f} M", f"{paper[1]:.3f}", f"{paper[2]:.1f}")
        table.add_row(row.label, f"{row.cost.parameters / 1e6:.3f} M", f"{row.cost.macs / 1e9:.2f}", *timing, *told)
    console.print(table)
    for note in (*NOTES, *((f"Timed {where}; latency: median and quartiles of one clip.",) if timed else ())):
        console.print(note, soft_wrap=True, style="dim")


def _timed(timing: Timing, macs: int) -> tuple[str, str, str, str]:
    memory = "unknown" if timing.memory is None else f"{timing.memory / 2**20:,.0f} MiB"
    spread = f"{timing.latency:.3f} s ({timing.low:.3f} to {timing.high:.3f})"
    at_best = f"{timing.clips_per_second:.2f} at {timing.batch}"
    return spread, at_best, f"{timing.clips_per_second * macs / 1e9:,.0f}", memory


def to_json(rows: Sequence[Row], frames: int, size: int, where: str) -> str:
    """One JSON object for one network, a list of them for several."""
    found = [
        {"model": row.label, "frames": frames, "size": size, **asdict(row.cost)}
        | ({"timing": {"where": where, **asdict(row.timing)}} if row.timing else {})
        for row in rows
    ]
    return json.dumps(found[0] if len(found) == 1 else found, indent=2)
