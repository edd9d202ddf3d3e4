"""Speed of training against a plain loop: the same network, samples, losses and steps, in turns within one run.

One side is the stages' own code: the modules of `pipeline.pretraining` and `pipeline.finetuning` through `accelerate`
and `fit`, with loader, progress and learning curves. The other is a plain loop: fp32 (TF32 if the GPU has it),
contiguous memory, and whole float clips from a plain loader.

Before any speed is reported, the gradients of the stages' code are compared, layer by layer, with those of a plain
network in fp64 on the same samples, because half-precision conv3d has been wrong in some versions of PyTorch and cuDNN.
They may differ by one and a half times the effect of rounding and a small constant. The effect of rounding is measured,
too: by a network in fp64 that rounds the outputs of its layers (`rounding_difference`). On a GPU, where only large
inputs were computed wrongly, a whole batch is compared, and compared again as it is trained: compiled, and replayed
from CUDA graphs (`replay_difference`). If gradients are wrong, no speed is reported. The losses of both sides are
compared over the first steps.

Model FLOP utilisation (MFU) is the rate of the floating-point operations (2 per multiply-add) of the convolutions and
matrix products of a step, forward and backward, as PyTorch's counter finds them in the plain network, divided by the
rate of a square matrix product in the same precision, measured in the same run. Operations that the stages' code saves
(the repetitions of a static clip) count; operations that it adds (on the zeros of wide kernels) do not. Samples are not
augmented; `augmentation_share` is the share of a fine-tuning step that the paper's augmentation would take.

    python -m benchmarks.train [--width 0.125] [--depth 27] [--steps 6] [--turns 2] [--precision 32-true]
                               [--pretrain-batch 24] [--finetune-batch 8] [--profile]

On a GPU, at full size:

    python -m benchmarks.train --width 1 --depth 69 --finetune-batch 24 --steps 20 --precision bf16-mixed --profile

The last line is one JSON object; its `ratio` and `mfu` are the smaller values of the two trainings.
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.autograd import DeviceType
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.gradients import DTYPES, SIGNIFICANT_BITS, MakeModule, check_gradients, precision_settings
from benchmarks.obvious_training import finish, train_plain
from benchmarks.trainings import SIZE, training_params, trainings
from pipeline.data.augmentation import augment_clips
from pipeline.device import select_device
from pipeline.params.whole import Params
from pipeline.training.acceleration import accelerate
from pipeline.training.loop import fit

WARMUP_STEPS = 2  # per turn, not timed: memory is allocated and algorithms are chosen
MATRIX_SIDE = {"cpu": 2048, "cuda": 8192}  # of the square matrix product that gives the peak rate


def main() -> None:
    """Check gradients, measure, and print one line for each training and one for both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--width", type=float, default=0.125)
    parser.add_argument("--depth", type=int, default=27)
    parser.add_argument("--steps", type=int, default=6, help="timed steps per turn")
    parser.add_argument("--turns", type=int, default=2, help="of the stages' code and of the plain loop")
    parser.add_argument("--precision", choices=list(DTYPES), default="32-true")
    parser.add_argument("--pretrain-batch", type=int, default=24)
    parser.add_argument("--finetune-batch", type=int, default=8)
    parser.add_argument("--profile", action="store_true", help="print the costliest kernels of an accelerated step")
    arguments = parser.parse_args()
    device = select_device()
    steps = arguments.steps + WARMUP_STEPS
    params = training_params(
        arguments.width, arguments.depth, steps, arguments.pretrain_batch, arguments.finetune_batch
    )
    if arguments.precision not in SIGNIFICANT_BITS[device.type]:
        parser.error(
            f"precision {arguments.precision} needs a GPU; allowed on a CPU: {', '.join(SIGNIFICANT_BITS['cpu'])}"
        )
    peak = _peak(device, DTYPES[arguments.precision])
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, make_module in trainings(Path(folder), params, steps).items():
            gradients = check_gradients(name, make_module, device, arguments.precision)
            speeds = _measure(make_module, arguments, device, Path(folder))
            plan = make_module().plan
            flops = _flops(make_module, device) * speeds["samples_per_second"] / plan.batch
            peak = max(peak, _peak(device, DTYPES[arguments.precision]))  # the machine may have been busy before
            results[name] = {**speeds, "batch": plan.batch, "tflops": round(flops / 1e12, 4), **gradients}
            print(json.dumps({"training": name, **results[name]}), flush=True)
            if arguments.profile:
                _profile(make_module, device, arguments.precision)
    for result in results.values():
        result["mfu"] = round(result["tflops"] * 1e12 / peak, 4)
    finetuning = results["finetuning"]
    seconds = finetuning["batch"] / finetuning["samples_per_second"]
    results["finetuning"]["augmentation_share"] = round(
        _time_augmentation(finetuning["batch"], params, device) / seconds, 4
    )
    print(
        json.dumps(
            {
                "ratio": min(result["ratio"] for result in results.values()),
                "mfu": min(result["mfu"] for result in results.values()),
                "loss_difference": max(result["loss_difference"] for result in results.values()),
                "gradient_difference": max(result["gradient_difference"] for result in results.values()),
                "width": arguments.width,
                "depth": arguments.depth,
                "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU",
                "precision": arguments.precision,
                "threads": torch.get_num_threads(),
                "peak_tflops": round(peak / 1e12, 3),
                **results,
            }
        )
    )


def _measure(
    make_module: MakeModule, arguments: argparse.Namespace, device: torch.device, folder: Path
) -> dict[str, Any]:
    """Return the speed of each side, by the median step of its best turn, and how much their first losses differ."""
    seconds: dict[str, list[float]] = {"stage": [], "plain": []}
    losses: dict[str, list[float]] = {}
    for turn in range(arguments.turns):
        for side, train in (("stage", _train_as_stage), ("plain", train_plain)):
            times, losses[side] = train(
                make_module(), arguments.precision, device, folder / f"{make_module().__class__}{turn}"
            )
            seconds[side].append(statistics.median(times[WARMUP_STEPS:]))
    stage, plain = min(seconds["stage"]), min(seconds["plain"])
    pairs = [*zip(losses["stage"], losses["plain"], strict=True)][:4]  # later ones drift apart by rounding alone
    return {
        "ratio": round(plain / stage, 2),
        "loss_difference": max(abs(stage_loss - plain_loss) / abs(plain_loss) for stage_loss, plain_loss in pairs),
        "samples_per_second": round(make_module().plan.batch / stage, 2),
        "obvious_samples_per_second": round(make_module().plan.batch / plain, 2),
    }


def _train_as_stage(module: Any, precision: Any, device: torch.device, folder: Path) -> tuple[list[float], list[float]]:
    """Train one epoch as the stages do; return the seconds between steps (0 before the first) and the losses."""
    step_ends: list[float] = []
    losses: list[float] = []

    def note_step() -> None:
        losses.append(module.latest_loss)  # the host has read it, so a GPU has finished all steps before
        step_ends.append(time.perf_counter())

    module.after_step = note_step
    accelerate(module, device)
    fit(module, 1, precision, folder, device)
    return [0.0, *np.diff(step_ends).tolist()], losses


def _time_augmentation(batch: int, params: Params, device: torch.device) -> float:
    """Return the seconds to augment a batch: a quarter each flipped, turned upside down, rotated, and unchanged."""
    quarters = torch.arange(batch, device=device) % 4
    clips = torch.randn(batch, params.clip.length, SIZE, SIZE, 3, device=device)  # with the mean subtracted
    degrees = ((quarters == 2) * -30.0).cpu()  # on the host, as in training
    times = []
    for _ in range(5):
        started = time.perf_counter()
        augment_clips(clips, quarters == 0, quarters == 1, degrees, "edge")
        finish(device)
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def _peak(device: torch.device, dtype: torch.dtype) -> float:
    """Return the floating-point operations per second of a square matrix product."""
    torch.set_float32_matmul_precision("high")  # TF32, as in training
    side = MATRIX_SIDE[device.type]
    a, b = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))
    best = float("inf")
    for _ in range(8):
        started = time.perf_counter()
        a @ b
        finish(device)
        best = min(best, time.perf_counter() - started)
    return 2 * side**3 / best


def _flops(make_module: MakeModule, device: torch.device) -> int:
    """Return the floating-point operations of one step of the plain network."""
    module = make_module().to(device)
    with FlopCounterMode(display=False) as counter:
        module.loss(module.batch(range(module.plan.batch)), module).backward()
    return int(counter.get_total_flops())


def _profile(make_module: MakeModule, device: torch.device, precision: str) -> None:
    """Print the costliest kernels of one accelerated step; on a CPU the costliest operations, with their sizes."""
    module = make_module().to(device)
    accelerate(module, device)
    batch = module.batch(range(module.plan.batch))
    optimizer = module.configure_optimizer()
    on_gpu = device.type == "cuda"
    with precision_settings(device, precision):
        if module.uses_cuda_graphs:
            module.capture()

    def step() -> None:
        with precision_settings(device, precision):
            module.loss(batch, module).backward()
        optimizer.step()
        optimizer.zero_grad()
        finish(device)

    step()  # memory is allocated
    activities = [ProfilerActivity.CPU] + ([ProfilerActivity.CUDA] if on_gpu else [])
    with profile(activities=activities, record_shapes=not on_gpu) as profiler:
        step()
    table = profiler.key_averages(group_by_input_shape=not on_gpu)
    if on_gpu:
        rows = [(row.self_device_time_total, row) for row in table if row.device_type != DeviceType.CPU]
    else:
        rows = [(row.self_cpu_time_total, row) for row in table]
    total = sum(microseconds for microseconds, _ in rows)
    for microseconds, row in sorted(rows, key=lambda row: -row[0])[:20]:
        sizes = str([size for size in row.input_shapes if size][:3]) if not on_gpu else ""
        print(
            f"{100 * microseconds / total:5.1f} %  {microseconds / 1e3:8.2f} ms  "
            f"x{row.count:<3d} {row.key[:90]}  {sizes[:90]}"
        )


if __name__ == "__main__":
    main()
