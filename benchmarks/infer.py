"""Inference of a fast network against the plain one: same weights, same clips, one run, turn by turn.

Plain is what anybody would write: fp32, contiguous, evaluation mode, no gradients. Fast is `pipeline.complexity.compiled`. The
goals: 1.5 times as many clips a second, and for MSN at least 0.8 of the multiply-adds a second that C3D reaches, both
at their best batch.

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

from pipeline.complexity.compiled import Answers, Clips, compile_for_inference
from pipeline.complexity.count import cost_of
from pipeline.complexity.table import PAPER
from pipeline.device import select_device as chosen_device
from pipeline.models.description import network_name
from pipeline.nets.build import build
from pipeline.nets.heads import Regression
from pipeline.params import Model
from pipeline.params_check import load_params

ROOT = Path(__file__).parents[1]
FRAMES, SIZE = 16, 112


def main() -> None:
    """Measure, and print a line for each network and batch, and one for all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="+", default=["msn", "c3d", "i3d"])
    parser.add_argument("--width", type=float, default=1.0)
    parser.add_argument("--depth", type=int, default=69)
    parser.add_argument("--turns", type=int, default=5, help="medians are over so many")
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 2])
    arguments = parser.parse_args()
    device = chosen_device()
    plain = load_params(ROOT / "params.yaml").model
    found = {}
    for name in arguments.models:
        model = plain.model_copy(update={"name": name, "width": arguments.width, "depth": arguments.depth})
        runs = [_measured(model, batch, arguments.turns, device) for batch in arguments.batches]
        for run in runs:
            print(json.dumps(run), flush=True)
        best = max(runs, key=lambda run: run["fast_gmac_per_second"])
        first = next(run for run in runs if run["batch"] == arguments.batches[0])
        found[name] = {**best, "latency": first["fast_seconds"] / first["batch"]}
    one = found[arguments.models[0]]
    result = {
        "ratio": one["ratio"],
        "difference": max(run["difference"] for run in found.values()),
        "device": _named(device),
        "precision": "fp32",
        "threads": torch.get_num_threads(),
        "models": found,
    }
    if {"msn", "c3d"} <= found.keys():
        msn, c3d = found["msn"], found["c3d"]
        result["flops_share_of_c3d"] = round(msn["fast_gmac_per_second"] / c3d["fast_gmac_per_second"], 3)
        result["latency_of_c3d"] = round(msn["latency"] / c3d["latency"], 2)
        result["latency_of_c3d_in_the_paper"] = round(PAPER["msn"][1] / PAPER["c3d"][1], 2)
    print(json.dumps(result))


def _measured(model: Model, batch: int, turns: int, device: torch.device) -> dict[str, Any]:
    """Seconds of both sides, in turns, and how far apart their outputs are, of the largest output."""
    network = build(model, Regression(), seed=0).eval().to(device).to(memory_format=torch.contiguous_format)
    sides: dict[str, Callable[[Clips], Answers]] = {"plain": network, "fast": compile_for_inference(network)}
    clips = torch.randn(batch, 3, FRAMES, SIZE, SIZE, device=device, generator=torch.Generator(device).manual_seed(0))
    outputs = {}
    seconds: dict[str, list[float]] = {"plain": [], "fast": []}
    with torch.no_grad():
        for name, side in sides.items():
            for _ in range(2):  # compiles, and fills what is kept for the next time
                outputs[name] = side(clips)
        for _ in range(turns):
            for name, side in sides.items():
                start = time.perf_counter()
                side(clips)
                if device.type == "cuda":
                    torch.cuda.synchronize()
                seconds[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(taken) for name, taken in seconds.items()}
    gmac = batch * cost_of(model, FRAMES, SIZE).macs / 1e9
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


def _named(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"


if __name__ == "__main__":
    main()
