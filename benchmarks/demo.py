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
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil
import yaml

from pipeline.doctor.machine import processor_name

ROOT = Path(__file__).parents[1]
INTERVAL = 0.25  # seconds between two samples of the memory
BLOCK = 512  # bytes of a block of st_blocks
METRICS = ("rmse", "mae", "pcc", "ccc", "kappa")


@dataclass(frozen=True)
class Cost:
    """What one stage costs.

    Attributes:
        stage: its name.
        seconds: from the start of `dvc repro` to its end.
        cpu_seconds: processor time of all its processes, of the user and of the system.
        peak_mb: the highest memory of its processes together, in megabytes (10^6 bytes).
        disk_mb: the disk that the clone gained, in megabytes.
    """

    stage: str
    seconds: float
    cpu_seconds: float
    peak_mb: float
    disk_mb: float


def main() -> None:
    """Print a line for each stage, the sums, the metrics, and one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, help="new folder for the clone, which stays; by default a temporary one")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        clone = arguments.folder or Path(temporary) / "demo"
        commit = _clone(clone)
        costs = []
        print(f"{'stage':11} {'seconds':>8} {'CPU s':>8} {'peak MB':>8} {'disk MB':>8}")
        for stage in yaml.safe_load((clone / "dvc.yaml").read_text(encoding="utf-8"))["stages"]:
            costs.append(_run_stage(clone, stage))
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
        "machine": _machine(),
        "stages": [asdict(cost) for cost in costs],
        "all": asdict(total),
        "metrics": metrics,
    }
    print(json.dumps(result))


def _clone(folder: Path) -> str:
    """Clone the last commit into a new folder; return the first digits of its hash."""
    if folder.exists():
        sys.exit(f"{folder} exists; --folder names a new folder")
    subprocess.run(["git", "clone", "-q", str(ROOT), str(folder)], check=True)
    command = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout.strip()


def _run_stage(clone: Path, stage: str) -> Cost:
    """Run one stage and watch its processes; end the program with their output if it fails."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    overrides = {
        "PATH": path,
        "PYTHONPATH": "",  # the clone's code runs, not that of an installed checkout
        "MSN_WORK": "",
        "DVC_SITE_CACHE_DIR": f"{clone}/.dvc/site",
        "DVC_NO_ANALYTICS": "1",
    }
    disk, cpu, start = _disk_mb(clone), _cpu_seconds(), time.perf_counter()
    log = clone / ".dvc" / "tmp" / f"{stage}.log"
    log.parent.mkdir(exist_ok=True)
    with log.open("w") as stream:
        process = subprocess.Popen(
            ["dvc", "repro", "--single-item", stage],
            cwd=clone,
            env={**os.environ, **overrides},
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
        peak = 0.0
        while process.poll() is None:
            peak = max(peak, _memory_mb(process.pid))
            time.sleep(INTERVAL)
    seconds = time.perf_counter() - start
    if process.returncode:
        sys.exit(f"stage {stage} failed:\n{log.read_text()}")
    return Cost(
        stage,
        round(seconds, 1),
        round(_cpu_seconds() - cpu, 1),
        round(peak),
        round(_disk_mb(clone) - disk, 1),
    )


def _cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _memory_mb(pid: int) -> float:
    """Return the proportional memory of a process and its descendants; those that have just ended count nothing."""
    try:
        root = psutil.Process(pid)
        pids = [pid, *(child.pid for child in root.children(recursive=True))]
    except psutil.NoSuchProcess:
        return 0.0
    total = 0
    for number in pids:
        try:
            text = Path(f"/proc/{number}/smaps_rollup").read_text(encoding="ascii")
        except OSError:
            continue
        total += next((int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")), 0)
    return total * 1024 / 1e6


def _disk_mb(folder: Path) -> float:
    """Return the megabytes of the blocks of all files outside `.git`; a file with several names counts once."""
    sizes: dict[tuple[int, int], int] = {}
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink() and ".git" not in path.relative_to(folder).parts:
            status = path.stat()
            sizes[status.st_dev, status.st_ino] = status.st_blocks * BLOCK
    return sum(sizes.values()) / 1e6


def _machine() -> dict[str, Any]:
    """Return the machine's processor, cores and memory; no name of the machine."""
    return {
        "processor": processor_name() or platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "load": os.getloadavg()[0],
    }


def _print_cost(cost: Cost) -> None:
    numbers = f"{cost.seconds:8.1f} {cost.cpu_seconds:8.1f} {cost.peak_mb:8.0f} {cost.disk_mb:8.1f}"
    print(f"{cost.stage:11} {numbers}", flush=True)


if __name__ == "__main__":
    main()
