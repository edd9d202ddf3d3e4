"""Training against the obvious loop: the same network, samples, losses and steps, in turns within one run.

Ours is what the stages run: the tasks of pipeline/training through `accelerate` and `fit`, loader, progress and curves
included. The obvious loop is what anybody would write: fp32 (TF32 where the GPU has it), contiguous, whole float clips
from a plain loader.

Before any speed is told, the gradients of ours are held against those of a plain network in fp64 on the same samples
(half-precision conv3d has been wrong in some versions of PyTorch and cuDNN), layer by layer. They may be as far away as
rounding alone takes them, which is measured too, by a network in fp64 that rounds what its layers put out
(`rounding_difference`), and a half more. On a GPU, where large inputs were what went wrong, that is done over a whole
batch, and again as it is trained with, compiled and replayed (`replay_difference`). Where gradients are wrong there is
no speed. The losses of both sides are compared over the first steps.

Model FLOP utilisation (MFU): the floating-point operations (2 a multiply-add) of the convolutions and matrix products
of a step, forward and backward, as PyTorch's own counter finds them in the plain network, over what a square matrix
product reaches in the same precision, measured in the same run. What ours need not compute (a still clip's repetitions)
is not counted, and what it computes in vain (zeros of wide kernels) neither. Samples are not augmented;
`augmentation_share` says how much of a fine-tuning step of ours the paper's augmentation would take.

    python -m benchmarks.train [--width 0.125] [--depth 27] [--steps 6] [--turns 2] [--precision 32-true]
                               [--pretrain-batch 24] [--finetune-batch 8] [--profile]

On a GPU, at full size:

    python -m benchmarks.train --width 1 --depth 69 --finetune-batch 24 --steps 20 --precision bf16-mixed --profile

The last line is one JSON object; its `ratio` and `mfu` are the smaller ones of the two trainings.
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, cast

import lightning
import numpy as np
import torch
from lightning.pytorch.callbacks import Callback
from torch.autograd import DeviceType
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.gradients import DTYPES, KEPT, Make, differences, running_in
from benchmarks.obvious_training import finish, train_obviously
from benchmarks.training_data import write_identities, write_sequences
from pipeline.data.augmentation import augment_clips
from pipeline.data.identity_images import open_identities
from pipeline.device import select_device as chosen_device
from pipeline.estimators.finetuning import Finetuning
from pipeline.models.preprocessing import Preprocessing
from pipeline.params import Params
from pipeline.params_check import load_params
from pipeline.pretraining.recognition import Pretraining
from pipeline.training.acceleration import accelerate
from pipeline.training.loop import fit
from pipeline.training.module import TrainingModule

ROOT = Path(__file__).parents[1]
SIZE = 112
WARM = 2  # steps of a turn that are not counted: memory is laid out, algorithms are chosen
SQUARE = {"cpu": 2048, "cuda": 8192}  # sides of the matrices whose product is the peak


def main() -> None:
    """Check, measure, and print a line for each training and one for both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--width", type=float, default=0.125)
    parser.add_argument("--depth", type=int, default=27)
    parser.add_argument("--steps", type=int, default=6, help="counted steps of a turn")
    parser.add_argument("--turns", type=int, default=2, help="of each side")
    parser.add_argument("--precision", choices=list(DTYPES), default="32-true")
    parser.add_argument("--pretrain-batch", type=int, default=24)
    parser.add_argument("--finetune-batch", type=int, default=8)
    parser.add_argument("--profile", action="store_true", help="name the costliest kernels of one step of ours")
    arguments = parser.parse_args()
    device, params = chosen_device(), _params(arguments)
    if arguments.precision not in KEPT[device.type]:
        parser.error(f"precision {arguments.precision} needs a GPU; allowed on a CPU: {', '.join(KEPT['cpu'])}")
    peak = _peak(device, DTYPES[arguments.precision])
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, make in _tasks(Path(folder), params, arguments.steps + WARM).items():
            agreement = differences(name, make, device, arguments.precision)
            run = _measured(make, arguments, device, Path(folder))
            pace = make().pace
            flops = _flops(make, device) * run["samples_per_second"] / pace.batch
            peak = max(peak, _peak(device, DTYPES[arguments.precision]))  # a machine may have been busy before
            found[name] = {**run, "batch": pace.batch, "tflops": round(flops / 1e12, 4), **agreement}
            print(json.dumps({"training": name, **found[name]}), flush=True)
            if arguments.profile:
                _profile(make, device, arguments.precision)
    for run in found.values():
        run["mfu"] = round(run["tflops"] * 1e12 / peak, 4)
    finetuning = found["finetuning"]
    seconds = finetuning["batch"] / finetuning["samples_per_second"]
    found["finetuning"]["augmentation_share"] = round(_augmentation(finetuning["batch"], params, device) / seconds, 4)
    print(
        json.dumps(
            {
                "ratio": min(run["ratio"] for run in found.values()),
                "mfu": min(run["mfu"] for run in found.values()),
                "loss_difference": max(run["loss_difference"] for run in found.values()),
                "gradient_difference": max(run["gradient_difference"] for run in found.values()),
                "width": arguments.width,
                "depth": arguments.depth,
                "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU",
                "precision": arguments.precision,
                "threads": torch.get_num_threads(),
                "peak_tflops": round(peak / 1e12, 3),
                **found,
            }
        )
    )


def _params(arguments: argparse.Namespace) -> Params:
    """The demo's parameters at the size asked for, without what is random in a step."""
    plain = load_params(ROOT / "params.yaml")
    model = plain.model.model_copy(update={"width": arguments.width, "depth": arguments.depth, "dropout": 0.0})
    still = plain.finetune.augment.model_copy(update={"flip": 0.0, "rotate": 0.0, "upside_down": 0.0})
    steps = arguments.steps + WARM
    update = {"batch": arguments.finetune_batch, "accumulate": 1, "steps": steps, "augment": still, "averaging": 0.0}
    return plain.model_copy(
        update={
            "model": model,
            "pretrain": plain.pretrain.model_copy(
                update={"batch": arguments.pretrain_batch, "accumulate": 1, "held_out": 0.0, "flip": 0.0}
            ),
            "finetune": plain.finetune.model_copy(update=update),
        }
    )


def _tasks(folder: Path, params: Params, steps: int) -> dict[str, Make]:
    """What makes each training, on random faces written as the stages write them."""
    images = write_identities(folder / "identities", steps * params.pretrain.batch, SIZE)
    scored = write_sequences(folder / "sequences", 8, 200, SIZE, Preprocessing(None, params.align, params.subsample))
    return {
        "pretraining": lambda: Pretraining(open_identities(images), params.clip.length, params.model, params.pretrain),
        "finetuning": lambda: Finetuning(scored, [], None, params.clip, params.model, params.finetune),
    }


def _measured(make: Make, arguments: argparse.Namespace, device: torch.device, folder: Path) -> dict[str, Any]:
    """Seconds of a step on both sides, the best turn's median, and how far apart the first losses are."""
    seconds: dict[str, list[float]] = {"ours": [], "obvious": []}
    losses: dict[str, list[float]] = {}
    for turn in range(arguments.turns):
        for side, train in (("ours", _ours), ("obvious", train_obviously)):
            times, losses[side] = train(make(), arguments.precision, device, folder / f"{make().__class__}{turn}")
            seconds[side].append(statistics.median(times[WARM:]))
    ours, obvious = min(seconds["ours"]), min(seconds["obvious"])
    pairs = [*zip(losses["ours"], losses["obvious"], strict=True)][:4]  # later ones drift apart by rounding alone
    return {
        "ratio": round(obvious / ours, 2),
        "loss_difference": max(abs(one - other) / abs(other) for one, other in pairs),
        "samples_per_second": round(make().pace.batch / ours, 2),
        "obvious_samples_per_second": round(make().pace.batch / obvious, 2),
    }


class _Clock(Callback):
    """Notes when each step is done, and its loss."""

    def __init__(self) -> None:
        self.done: list[float] = []
        self.losses: list[float] = []

    def on_train_batch_end(self, trainer: lightning.Trainer, module: lightning.LightningModule, *rest: Any) -> None:
        self.losses.append(
            cast(TrainingModule, module).latest
        )  # so a GPU has done all steps before, and half of this one
        self.done.append(time.perf_counter())


def _ours(task: Any, precision: Any, device: torch.device, folder: Path) -> tuple[list[float], list[float]]:
    clock = _Clock()
    task.configure_callbacks = lambda: [clock]
    accelerate(task, device)
    fit(task, 1, precision, folder, device)
    return [0.0, *np.diff(clock.done).tolist()], clock.losses


def _augmentation(batch: int, params: Params, device: torch.device) -> float:
    """Seconds that a batch of clips takes of which a quarter each is mirrored, turned over, rotated and left alone."""
    what = torch.arange(batch, device=device) % 4
    clips = torch.randint(0, 256, (batch, params.clip.length, SIZE, SIZE, 3), dtype=torch.uint8, device=device)
    degrees = ((what == 2) * 20.0).cpu()  # which stay on the host, as in training
    times = []
    for _ in range(5):
        began = time.perf_counter()
        augment_clips(clips, what == 0, what == 1, degrees)
        finish(device)
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def _peak(device: torch.device, dtype: torch.dtype) -> float:
    """Floating-point operations a second of a square matrix product."""
    torch.set_float32_matmul_precision("high")  # TF32, as in training
    side = SQUARE[device.type]
    a, b = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))
    best = float("inf")
    for _ in range(8):
        began = time.perf_counter()
        a @ b
        finish(device)
        best = min(best, time.perf_counter() - began)
    return 2 * side**3 / best


def _flops(make: Make, device: torch.device) -> int:
    """Floating-point operations of one step of the plain network."""
    task = make().to(device)
    with FlopCounterMode(display=False) as counter:
        task.loss(task.batch(range(task.pace.batch))).backward()
    return int(counter.get_total_flops())


def _profile(make: Make, device: torch.device, precision: str) -> None:
    """Print the costliest kernels of one step of ours; on a CPU operations, with their sizes."""
    task = make().to(device)
    accelerate(task, device)
    batch = task.batch(range(task.pace.batch))
    optimiser = task.configure_optimizers()
    on_gpu = device.type == "cuda"
    with running_in(device, precision):
        if task.records:
            task.record()

    def step() -> None:
        with running_in(device, precision):
            task.loss(batch).backward()
        optimiser.step()
        optimiser.zero_grad()
        finish(device)

    step()  # memory is laid out
    activities = [ProfilerActivity.CPU] + ([ProfilerActivity.CUDA] if on_gpu else [])
    with profile(activities=activities, record_shapes=not on_gpu) as found:
        step()
    table = found.key_averages(group_by_input_shape=not on_gpu)
    if on_gpu:
        rows = [(row.self_device_time_total, row) for row in table if row.device_type != DeviceType.CPU]
    else:
        rows = [(row.self_cpu_time_total, row) for row in table]
    whole = sum(time for time, _ in rows)
    for time_of, row in sorted(rows, key=lambda row: -row[0])[:20]:
        sizes = str([size for size in row.input_shapes if size][:3]) if not on_gpu else ""
        print(f"{100 * time_of / whole:5.1f} %  {time_of / 1e3:8.2f} ms  x{row.count:<3d} {row.key[:90]}  {sizes[:90]}")


if __name__ == "__main__":
    main()
