"""Cost of one stage: time, memory and disk of `dvc repro` in a fresh clone of the last commit. Linux only.

Memory is sampled and proportional (Linux's PSS): a page that several processes share counts once. Disk counts a file
once, whatever names it has.
"""

import os
import platform
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from pipeline.doctor.machine import processor_name

ROOT = Path(__file__).parents[1]
INTERVAL = 0.25  # seconds between two samples of the memory
BLOCK = 512  # bytes of a block of st_blocks


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


def clone_project(folder: Path) -> str:
    """Clone the last commit into a new folder; return the first digits of its hash."""
    if folder.exists():
        sys.exit(f"{folder} exists; --folder names a new folder")
    subprocess.run(["git", "clone", "-q", str(ROOT), str(folder)], check=True)
    command = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout.strip()


def run_stage(clone: Path, stage: str) -> Cost:
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
    log = log_of(clone, stage)
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


def log_of(clone: Path, stage: str) -> Path:
    """Return the file with all that a stage and DVC have printed."""
    return clone / ".dvc" / "tmp" / f"{stage}.log"


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


def machine() -> dict[str, Any]:
    """Return the machine's processor, cores and memory; no name of the machine."""
    return {
        "processor": processor_name() or platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "load": os.getloadavg()[0],
    }
