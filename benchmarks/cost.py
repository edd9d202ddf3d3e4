"""Cost of training at full scale, computed from a rate: operations per sample x samples / (utilisation x peak).

The parameters are those of params.yaml with a profile applied. PyTorch counts the operations on meta tensors.
The rate is either measured or assumed. A measured rate comes from a file with the last line of `benchmarks.train`; if
that run measured a network of another size, its utilisation is assumed for the full network. An assumed rate comes from
--utilisation and --peak. The efficiency of several GPUs (--efficiency) and the price of a GPU per hour are assumed too.

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
from pipeline.params.check import load_params
from pipeline.params.whole import Params
from pipeline.profiles import apply_profile

ROOT = Path(__file__).parents[1]
IDENTITIES, IMAGES = 8_631, 3_141_890  # of VGGFace2's training part, as published
FORWARD_SHARE = 1 / 3  # cost of measuring a held-out image, as a share of a training step


def main() -> None:
    """Print a table of both trainings, then the same as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--profile", default="avec2013")
    parser.add_argument("--measured", type=Path, help="file with the last line of benchmarks.train")
    parser.add_argument("--peak", type=float, default=989.0, help="assumed TFLOP/s of one GPU; 989: H200, bfloat16")
    parser.add_argument("--utilisation", type=float, default=0.4, help="assumed share of the peak")
    parser.add_argument("--gpus", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--efficiency", type=float, default=0.9, help="assumed efficiency of several GPUs")
    parser.add_argument("--price", type=float, help="assumed price of one GPU per hour")
    arguments = parser.parse_args()
    params = _load_profile(arguments.profile)
    rates = _rates(arguments.measured, arguments.peak, arguments.utilisation)
    results = {}
    print("| training | samples | PFLOP | " + " | ".join(_heading(gpus) for gpus in arguments.gpus) + " |")
    print("| --- | ---: | ---: |" + " ---: |" * len(arguments.gpus))
    for name, samples, flops in (
        ("pretraining", pretraining_samples(params), flops_of_sample(params, static=True)),
        ("finetuning", params.finetune.epochs * params.finetune.steps * params.finetune.batch, flops_of_sample(params)),
    ):
        seconds = samples * flops / rates[name]
        times = {gpus: seconds / (gpus * (arguments.efficiency if gpus > 1 else 1.0)) for gpus in arguments.gpus}
        cells = [_cell(time, gpus, arguments.price) for gpus, time in times.items()]
        print(f"| {name} | {samples:,.0f} | {samples * flops / 1e15:,.0f} | {' | '.join(cells)} |")
        results[name] = {
            "samples": round(samples),
            "flops_a_sample": flops,
            "flops_a_second": rates[name],
            "hours": {str(gpus): time / 3600 for gpus, time in times.items()},
        }
    basis = (
        str(arguments.measured)
        if arguments.measured
        else f"assumed: {arguments.utilisation} of {arguments.peak} TFLOP/s"
    )
    print(
        json.dumps({"profile": arguments.profile, "rate": basis, "assumed_efficiency": arguments.efficiency, **results})
    )


def _load_profile(profile: str) -> Params:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "params.yaml")
        path.write_bytes((ROOT / "params.yaml").read_bytes())
        apply_profile(profile, path, ROOT / "profiles")
        return load_params(path)


def _rates(measured: Path | None, peak: float, utilisation: float) -> dict[str, float]:
    """Return the operations per second of one device for each training."""
    names = ("pretraining", "finetuning")
    if measured is None:
        return dict.fromkeys(names, utilisation * peak * 1e12)
    measurement: dict[str, Any] = json.loads(measured.read_text(encoding="utf-8").splitlines()[-1])
    return {name: measurement[name]["mfu"] * measurement["peak_tflops"] * 1e12 for name in names}


def pretraining_samples(params: Params) -> float:
    """Return the number of images over all epochs; a held-out image counts as one forward pass."""
    held_out = params.pretrain.held_out
    return params.pretrain.epochs * IMAGES * (1 - held_out + held_out * FORWARD_SHARE)


def flops_of_sample(params: Params, static: bool = False) -> int:
    """Return the floating-point operations (forward and backward) of a clip, or of a static clip of one image."""
    size, length = params.align.size, params.clip.length
    with torch.device("meta"):
        network = build(params.model, Recognition(IDENTITIES) if static else Regression(), None)
        frames = torch.empty(2, 3, 1 if static else length, size, size)  # batch norm needs two samples
    with FlopCounterMode(display=False) as counter:
        network(repeat_over_time(frames, length) if static else frames).sum().backward()
    return int(counter.get_total_flops()) // 2


def _heading(gpus: int) -> str:
    return "one GPU" if gpus == 1 else f"{gpus} GPUs"


def _cell(seconds: float, gpus: int, price: float | None) -> str:
    time = f"{seconds / 3600:,.1f} h" if seconds >= 3600 else f"{seconds / 60:.1f} min"
    return time if price is None else f"{time}, {seconds / 3600 * gpus * price:,.0f}"


if __name__ == "__main__":
    main()
