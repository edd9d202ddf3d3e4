"""What training costs at full scale, reckoned from a rate: operations a sample x samples / (utilisation x peak).

The parameters are the project's with a profile applied; operations are counted by PyTorch on tensors without memory.
The rate is either measured, from the last line of `benchmarks.train` in a file (whatever the size of the network that
was measured: its utilisation is then assumed for the one asked about), or assumed, with --utilisation and --peak. How
well several GPUs work together is assumed (--efficiency), and so is the price of one for an hour.

    python -m benchmarks.cost --peak 989 --utilisation 0.4
    python -m benchmarks.train ... | tail -1 > measured.json; python -m benchmarks.cost --measured measured.json

The table is Markdown; the last line is one JSON object.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from pipeline.models.normalise import repeat_over_time
from pipeline.nets.build import build
from pipeline.nets.heads import Recognition, Regression
from pipeline.params import Params
from pipeline.params_check import load_params
from pipeline.profiles import apply_profile

ROOT = Path(__file__).parents[1]
IDENTITIES, IMAGES = 8_631, 3_141_890  # of VGGFace2's training part, as published
FORWARD = 1 / 3  # of a training step: what measuring a held-out image costs


def main() -> None:
    """Print a table of both trainings, and the same as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--profile", default="avec2013")
    parser.add_argument("--measured", type=Path, help="file with the last line of benchmarks.train")
    parser.add_argument("--peak", type=float, default=989.0, help="assumed TFLOP/s of one GPU; 989: H200, bfloat16")
    parser.add_argument("--utilisation", type=float, default=0.4, help="assumed share of it")
    parser.add_argument("--gpus", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--efficiency", type=float, default=0.9, help="assumed, of several GPUs together")
    parser.add_argument("--price", type=float, help="assumed, of one GPU for an hour")
    asked = parser.parse_args()
    params = _params(asked.profile)
    rates = _rates(asked.measured, asked.peak, asked.utilisation)
    found = {}
    print("| training | samples | PFLOP | " + " | ".join(_heading(gpus) for gpus in asked.gpus) + " |")
    print("| --- | ---: | ---: |" + " ---: |" * len(asked.gpus))
    for name, samples, flops in (
        ("pretraining", _pretraining_samples(params), _flops(params, still=True)),
        ("finetuning", params.finetune.epochs * params.finetune.steps * params.finetune.batch, _flops(params)),
    ):
        seconds = samples * flops / rates[name]
        times = {gpus: seconds / (gpus * (asked.efficiency if gpus > 1 else 1.0)) for gpus in asked.gpus}
        cells = [_cell(time, gpus, asked.price) for gpus, time in times.items()]
        print(f"| {name} | {samples:,.0f} | {samples * flops / 1e15:,.0f} | {' | '.join(cells)} |")
        found[name] = {
            "samples": round(samples),
            "flops_a_sample": flops,
            "flops_a_second": rates[name],
            "hours": {str(gpus): time / 3600 for gpus, time in times.items()},
        }
    basis = str(asked.measured) if asked.measured else f"assumed: {asked.utilisation} of {asked.peak} TFLOP/s"
    print(json.dumps({"profile": asked.profile, "rate": basis, "assumed_efficiency": asked.efficiency, **found}))


def _params(profile: str) -> Params:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "params.yaml")
        path.write_bytes((ROOT / "params.yaml").read_bytes())
        apply_profile(profile, path, ROOT / "profiles")
        return load_params(path)


def _rates(measured: Path | None, peak: float, utilisation: float) -> dict[str, float]:
    """Operations a second of one device, for each training."""
    names = ("pretraining", "finetuning")
    if measured is None:
        return dict.fromkeys(names, utilisation * peak * 1e12)
    told: dict[str, Any] = json.loads(measured.read_text(encoding="utf-8").splitlines()[-1])
    return {name: told[name]["mfu"] * told["peak_tflops"] * 1e12 for name in names}


def _pretraining_samples(params: Params) -> float:
    """Images of all epochs; those held out cost a forward pass."""
    held_out = params.pretrain.held_out
    return params.pretrain.epochs * IMAGES * (1 - held_out + held_out * FORWARD)


def _flops(params: Params, still: bool = False) -> int:
    """Floating-point operations of one sample, forward and backward: of a clip, or of an image as a still clip."""
    size, length = params.align.size, params.clip.length
    with torch.device("meta"):
        network = build(params.model, Recognition(IDENTITIES) if still else Regression(), None)
        frames = torch.empty(2, 3, 1 if still else length, size, size)  # batch norm takes two
    with FlopCounterMode(display=False) as counter:
        network(repeat_over_time(frames, length) if still else frames).sum().backward()
    return int(counter.get_total_flops()) // 2


def _heading(gpus: int) -> str:
    return "one GPU" if gpus == 1 else f"{gpus} GPUs"


def _cell(seconds: float, gpus: int, price: float | None) -> str:
    time = f"{seconds / 3600:,.1f} h" if seconds >= 3600 else f"{seconds / 60:.1f} min"
    return time if price is None else f"{time}, {seconds / 3600 * gpus * price:,.0f}"


if __name__ == "__main__":
    main()
