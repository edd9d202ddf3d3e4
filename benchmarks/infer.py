"""Compare inference of a compiled network with eager PyTorch: the same weights and clips, in one run, in turns.

"Plain" is eager PyTorch in fp32, contiguous, in evaluation mode, without gradients. "Fast" is
`pipeline.nets.compiled`. The goals: 1.5 times as many clips per second, and for MSN at least 0.8 of the
multiply-adds per second of C3D, both at their best batch size.

    python -m benchmarks.infer [--models msn c3d i3d] [--width 1.0] [--depth 69] [--turns 5] [--batches 1 2]

The last line is one JSON object; its `ratio` and `difference` are those of the first model.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from pipeline.complexity.count import cost_of
from pipeline.complexity.table import PAPER
from pipeline.device import select_device
from pipeline.models.description import network_name
from pipeline.nets.build import build
from pipeline.nets.compiled import Clips, Outputs, compile_for_inference
from pipeline.nets.heads import Regression
from pipeline.params.check import load_params
from pipeline.params.network import Model

ROOT = Path(__file__).parents[1]
FRAMES, SIZE = 16, 112


def main() -> None:
    """Print a line for each network and batch size, and one JSON object for all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="+", default=["msn", "c3d", "i3d"])
    parser.add_argument("--width", type=float, default=1.0)
    parser.add_argument("--depth", type=int, default=69)
    parser.add_argument("--turns", type=int, default=5, help="number of turns; medians are reported")
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 2])
    arguments = parser.parse_args()
    device = select_device()
    base_model = load_params(ROOT / "params.yaml").model
    results = {}
    for name in arguments.models:
        model = base_model.model_copy(update={"name": name, "width": arguments.width, "depth": arguments.depth})
        runs = [_compare(model, batch, arguments.turns, device) for batch in arguments.batches]
        for run in runs:
            print(json.dumps(run), flush=True)
        best = max(runs, key=lambda run: run["fast_gmac_per_second"])
        first = next(run for run in runs if run["batch"] == arguments.batches[0])
        results[name] = {**best, "latency": first["fast_seconds"] / first["batch"]}
    first_model = results[arguments.models[0]]
    result = {
        "ratio": first_model["ratio"],
        "difference": max(run["difference"] for run in results.values()),
        "device": _device_name(device),
        "precision": "fp32",
        "threads": torch.get_num_threads(),
        "models": results,
    }
    if {"msn", "c3d"} <= results.keys():
        msn, c3d = results["msn"], results["c3d"]
        result["flops_share_of_c3d"] = round(msn["fast_gmac_per_second"] / c3d["fast_gmac_per_second"], 3)
        result["latency_of_c3d"] = round(msn["latency"] / c3d["latency"], 2)
        result["latency_of_c3d_in_the_paper"] = round(PAPER["msn"][1] / PAPER["c3d"][1], 2)
    print(json.dumps(result))


def _compare(model: Model, batch: int, turns: int, device: torch.device) -> dict[str, Any]:
    """Measure the seconds of both sides in turns, and the largest difference as a share of the largest output."""
    network = build(model, Regression(), seed=0).eval().to(device).to(memory_format=torch.contiguous_format)
    sides: dict[str, Callable[[Clips], Outputs]] = {"plain": network, "fast": compile_for_inference(network)}
    clips = torch.randn(batch, 3, FRAMES, SIZE, SIZE, device=device, generator=torch.Generator(device).manual_seed(0))
    outputs = {}
    seconds: dict[str, list[float]] = {"plain": [], "fast": []}
    with torch.no_grad():
        for name, side in sides.items():
            for _ in range(2):  # compiles, and fills the caches
                outputs[name] = side(clips)
        for _ in range(turns):
            for name, side in sides.items():
                start = time.perf_counter()
                side(clips)
                if device.type == "cuda":
                    torch.cuda.synchronize()
                seconds[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(durations) for name, durations in seconds.items()}
    gmac = batch * cost_of(lambda: (build(model, Regression()), FRAMES), SIZE).macs / 1e9
    difference = (outputs["fast"] - outputs["plain"]).abs().max() / outputs["plain"].abs().max()
    return {
        "model": network_name(model),
        "batch": batch,
        "ratio": round(medians["plain"] / medians["fast"], 2),
        "difference": float(difference),
        "plain_seconds": round(medians["plain"], 4),
        "fast_seconds": round(medians["fast"], 4),
        "fast_gmac_per_second": round(gmac / medians["fast"], 1),
    }


def _device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"


if __name__ == "__main__":
    main()
