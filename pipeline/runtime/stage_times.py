"""How long stages took on this machine, from which `msn study --dry-run` reckons the time of a study.

Noted are runs in which everything was made; one that found finished items or an interrupted training says nothing about
the work. The notes lie in DVC's temporary folder, so they stay on this machine, and no stage depends on them.
"""

import json
import os
import platform
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

from pipeline.runtime.atomic import write_text_atomically

FOLDER = Path(".dvc/tmp")
NOTES = "msn_stage_times"  # the folder in it, with a file for each stage
KEPT = 100  # notes of each stage; the oldest go
CPU, GPUS = Path("/proc/cpuinfo"), Path("/proc/driver/nvidia/gpus")

_reused = False


@dataclass(frozen=True)
class StageTime:
    """One run of a stage.

    Attributes:
        machine: what its speed depends on; see `machine_name`.
        seconds: from the start of its process to the end of its work.
        params: the content of params.yaml.
    """

    machine: str
    seconds: float
    params: Mapping[str, Any]


def note_reuse() -> None:
    """Note that this process did not do all of its stage's work, so that its time is not kept."""
    global _reused
    _reused = True


def note_time(stage: str, params: Mapping[str, Any]) -> None:
    """Note the time of this process, unless it reused finished work; outside a DVC repository do nothing.

    Args:
        stage: its name.
        params: the content of params.yaml.
    """
    folder = _folder()
    if _reused or not folder.parent.is_dir() or os.environ.get("RANK", os.environ.get("SLURM_PROCID", "0")) != "0":
        return
    seconds = _seconds_since_start()
    with suppress(OSError):  # a full disk is no reason to lose the work of the stage
        folder.mkdir(exist_ok=True)
        times = [*_read(folder / f"{stage}.json"), StageTime(machine_name(), seconds, params)]
        write_text_atomically(folder / f"{stage}.json", json.dumps([asdict(item) for item in times[-KEPT:]]))


def times_here(stage: str) -> list[StageTime]:
    """Return the noted runs of a stage on this machine, the oldest first."""
    return [item for item in _read(_folder() / f"{stage}.json") if item.machine == machine_name()]


def machine_name() -> str:
    """Return what the speed of a machine depends on: processors, GPUs, and MSN_DEVICE, which chooses between them."""
    model = platform.processor() or platform.machine()
    with suppress(OSError, StopIteration):
        lines = CPU.read_text(encoding="utf-8", errors="replace").splitlines()
        model = next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    gpus = [path.read_text(errors="replace").splitlines()[0] for path in sorted(GPUS.glob("*/information"))]
    device = os.environ.get("MSN_DEVICE", "")
    return ", ".join([f"{os.cpu_count()} x {model}", *(" ".join(gpu.split()) for gpu in gpus), *filter(None, [device])])


def _folder() -> Path:
    """Return the folder of the notes: in the main repository, also in DVC's temporary runs."""
    return Path(os.environ.get("DVC_ROOT") or Path.cwd()) / FOLDER / NOTES


def _read(path: Path) -> list[StageTime]:
    """Return the notes in a file; none if it is missing or damaged."""
    try:
        return [StageTime(**item) for item in json.loads(path.read_bytes())]
    except (OSError, ValueError, TypeError):
        return []


def _seconds_since_start() -> float:
    """Return the age of this process, in which the time of its imports is."""
    return max(time.time() - psutil.Process().create_time(), 0.0)
