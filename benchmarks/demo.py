"""Time, memory and disk of the demo: every stage once, in a fresh clone of the last commit.

    python -m benchmarks.demo [--folder /scratch/demo]

The clone has an empty cache and an empty artifact store, so every stage computes. For each stage the table shows the
seconds of `dvc repro --single-item STAGE` (DVC's own two or three included), the seconds of processor time of all its
processes, the highest memory of these processes together, and the disk that the clone gained. Memory is sampled and
proportional (Linux's PSS): a page that several processes share counts once. Disk counts a file once, whatever names it
has. The demo's metrics follow. The last line is one JSON object. Linux only.
"""

import argparse
import json
import tempfile
from dataclasses import asdict
from pathlib import Path

import yaml

from benchmarks.stage_cost import Cost, clone_project, machine, run_stage

METRICS = ("rmse", "mae", "pcc", "ccc", "kappa")


def main() -> None:
    """Print a line for each stage, the sums, the metrics, and one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, help="new folder for the clone, which stays; by default a temporary one")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        clone = arguments.folder or Path(temporary) / "demo"
        commit = clone_project(clone)
        costs = []
        print(f"{'stage':11} {'seconds':>8} {'CPU s':>8} {'peak MB':>8} {'disk MB':>8}")
        for stage in yaml.safe_load((clone / "dvc.yaml").read_text(encoding="utf-8"))["stages"]:
            costs.append(run_stage(clone, stage))
            _print_cost(costs[-1])
        total = Cost(
            "all",
            round(sum(cost.seconds for cost in costs), 1),
            round(sum(cost.cpu_seconds for cost in costs), 1),
            max(cost.peak_mb for cost in costs),
            round(sum(cost.disk_mb for cost in costs), 1),
        )
        _print_cost(total)
        values = json.loads((clone / "metrics.json").read_text(encoding="utf-8"))
    metrics = {name: values[name] for name in METRICS}
    print(", ".join(f"{name} {value}" for name, value in metrics.items()))
    result = {
        "commit": commit,
        "machine": machine(),
        "stages": [asdict(cost) for cost in costs],
        "all": asdict(total),
        "metrics": metrics,
    }
    print(json.dumps(result))


def _print_cost(cost: Cost) -> None:
    numbers = f"{cost.seconds:8.1f} {cost.cpu_seconds:8.1f} {cost.peak_mb:8.0f} {cost.disk_mb:8.1f}"
    print(f"{cost.stage:11} {numbers}", flush=True)


if __name__ == "__main__":
    main()
