"""The complexity table: the cost of the networks, compared with table 5 of the MSN paper."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial

import torch
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.table import Table

from pipeline.complexity.count import Cost, cost_of
from pipeline.complexity.timing import Timing, time_network
from pipeline.estimators.capabilities import Costed
from pipeline.estimators.registry import estimator_class
from pipeline.models.description import network_name
from pipeline.nets.build import Network, frames_seen, initialise
from pipeline.nets.compiled import compile_for_inference
from pipeline.params.estimator import estimator_names, settings_class
from pipeline.params.network import Clip, Model
from pipeline.runtime.console import plain_console
from pipeline.severity.scale import scale_of

PAPER = {"c3d": (32.1, 0.040, 8.9), "i3d": (13.0, 0.030, 26.2), "msn": (77.7, 0.074, 164.9)}  # table 5, on a Tesla T4
TIMING_HEADINGS = ("latency", "clips/s", "GMAC/s", "peak memory")
SEED = 0  # of the weights of timed networks; the weights do not affect the times
NOTES = (
    "MACs: multiply-adds of convolutions and linear layers for one clip; FLOP are twice as many.",
    'The paper\'s column "FLOP (x 10^6)" cannot be a count of computations: for I3D and MSN it is about twice the '
    "parameters, as if every weight were used once, whereas a convolution uses each weight at every position of the "
    "clip.",
)


@dataclass(frozen=True)
class Row:
    """One network of the table.

    Attributes:
        label: readable name, with depth and kernels if it has them.
        name: as model.name.
        frames: number of frames that the network sees at once.
        cost: counted.
        timing: measured, or None if the network was not timed.
    """

    label: str
    name: str
    frames: int
    cost: Cost
    timing: Timing | None


def measure_models(models: Sequence[Model], frames: int, size: int, device: torch.device | None) -> list[Row]:
    """Count the cost of each network and, unless `device` is None, time it in fp32, compiled for inference.

    Args:
        models: sections `model` of params.yaml.
        frames: of a clip; networks of single frames see one.
        size: height and width of the clip in pixels.
        device: on which the networks are timed.
    """
    rows = []
    columns = SpinnerColumn(), TextColumn("{task.description}", markup=False)
    with Progress(*columns, console=plain_console(stderr=True), transient=True, disable=device is None) as progress:
        task = progress.add_task("")
        for model in models:
            label = network_name(model)
            make = partial(architecture_of, model, frames)
            cost, timing = cost_of(make, size), None
            if device is not None:

                def show_batch(batch: int, label: str = label) -> None:
                    progress.update(task, description=f"compiling and timing {label}, {batch} clips at once")

                network, seen = make()
                initialise(network, torch.Generator().manual_seed(SEED))
                compiled = compile_for_inference(network.eval().to(device))
                timing = time_network(compiled, (seen, size, size), device, show_batch)
            rows.append(Row(label, model.name, frames_seen(model, frames), cost, timing))
    return rows


def architecture_of(model: Model, frames: int) -> tuple[Network, int]:
    """Return a network with the head of the first estimator that builds on it, and the number of its frames."""
    clip = Clip.model_construct(length=frames, absent="skip", order="recorded")  # any length can be counted
    name = next(name for name in estimator_names() if model.name in settings_class(name).networks)
    estimator = estimator_class(name)
    assert isinstance(estimator, Costed)
    return estimator.architecture(model, clip, scale_of().score_range)


def show(console: Console, rows: Sequence[Row], frames: int, size: int, where: str) -> None:
    """Print the table and its notes; `where` names the device and precision of the times."""
    timed = any(row.timing for row in rows)
    table = Table(title=f"One clip of {frames} frames of {size} x {size} pixels", title_justify="left")
    for heading in (
        "network",
        "parameters",
        "GMAC",
        *(TIMING_HEADINGS if timed else ()),
        "paper: parameters",
        "s",
        '"FLOP"',
    ):
        table.add_column(heading, justify="left" if heading == "network" else "right")
    for row in rows:
        paper = PAPER.get(row.name)
        timing = _timing_cells(row.timing, row.cost.macs) if row.timing else ()
        published = (f"{paper[0]:.1f} M", f"{paper[1]:.3f}", f"{paper[2]:.1f}") if paper else ("", "", "")
        label = row.label if row.frames == frames else f"{row.label}, one frame"
        cost = f"{row.cost.parameters / 1e6:.3f} M", f"{row.cost.macs / 1e9:.2f}"
        table.add_row(label, *cost, *timing, *published)
    console.print(table)
    for note in (*NOTES, *((f"Timed {where}; latency: median and quartiles of one clip.",) if timed else ())):
        console.print(note, soft_wrap=True, style="dim")


def _timing_cells(timing: Timing, macs: int) -> tuple[str, str, str, str]:
    """Return the cells below TIMING_HEADINGS for a network that needs `macs` multiply-adds for a clip."""
    memory = "unknown" if timing.memory is None else f"{timing.memory / 2**20:,.0f} MiB"
    latency = f"{timing.latency:.3f} s ({timing.low:.3f} to {timing.high:.3f})"
    throughput = f"{timing.clips_per_second:.2f} at {timing.batch}"
    return latency, throughput, f"{timing.clips_per_second * macs / 1e9:,.0f}", memory


def to_json(rows: Sequence[Row], size: int, where: str) -> str:
    """Return one JSON object for one network, or a list of objects for several."""
    objects = [
        {"model": row.label, "frames": row.frames, "size": size, **asdict(row.cost)}
        | ({"timing": {"where": where, **asdict(row.timing)}} if row.timing else {})
        for row in rows
    ]
    return json.dumps(objects[0] if len(objects) == 1 else objects, indent=2)
