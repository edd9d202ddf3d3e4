"""The machine: its system, processors and memory."""

import os
import platform
import subprocess
from contextlib import suppress
from pathlib import Path

from pipeline.doctor.check import Check, Fact, Section, gigabytes, ok_or_problem, ok_or_warning
from pipeline.parallel.worker_count import worker_count

PER_WORKER = 2e9  # bytes: under 1.9 GB at 640 x 480 (benchmarks.memory)
CGROUP = Path("/sys/fs/cgroup")
CONTAINER_MARKS = (Path("/.dockerenv"), Path("/run/.containerenv"))
TESTED = ("Linux",)


def examine() -> Section:
    """Return the system, the processors and the memory, and whether there is enough of it."""
    memory = _memory()
    facts: dict[str, Fact] = {
        "system": f"{platform.system()} {platform.release()} ({platform.machine()})",
        "distribution": _distribution(),
        "C library": " ".join(platform.libc_ver()).strip() or None,
        "container": any(path.exists() for path in CONTAINER_MARKS) or "docker" in _read(Path("/proc/1/cgroup")),
        "SLURM job": "SLURM_JOB_ID" in os.environ,
        "processor": processor_name(),
        "processors": os.cpu_count(),
        "processors that this process may use": _usable_processors(),
        "limit of processors by the container": _cpu_limit(),
        "memory": gigabytes(memory["MemTotal"]) if "MemTotal" in memory else None,
        "memory that is available": gigabytes(memory["MemAvailable"]) if "MemAvailable" in memory else None,
        "limit of memory by the container": _memory_limit(),
    }
    checks = [
        ok_or_warning(
            "system",
            platform.system() in TESTED,
            platform.system(),
            "only Linux is tested; macOS on its CPU should work; on Windows use WSL",
        ),
        *_check_workers(memory.get("MemAvailable")),
    ]
    return Section("Machine", facts, checks)


def _check_workers(available: int | None) -> list[Check]:
    """Check the number of workers, and whether the memory suffices for them."""
    try:
        workers = worker_count()
    except ValueError:
        return [
            ok_or_problem(
                "MSN_WORKERS", False, "no whole number from 1", "set it to a whole number from 1, or unset it"
            )
        ]
    if available is None:
        return []
    remedy = f"set MSN_WORKERS to {max(1, int(available // PER_WORKER))}, or end other programs"
    finding = (
        f"{gigabytes(available)} available; a worker takes up to {gigabytes(int(PER_WORKER))}, and {workers} would run"
    )
    return [ok_or_warning("memory", available >= workers * PER_WORKER, finding, remedy)]


def _distribution() -> str | None:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME")
    except OSError:
        return platform.mac_ver()[0] or None


def processor_name() -> str | None:
    """Return the model of the processor; None if the system does not say it."""
    for line in _read(Path("/proc/cpuinfo")).splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    with suppress(OSError, subprocess.SubprocessError):
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]  # macOS
        output = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout
        return output.strip() or None
    return None


def _usable_processors() -> int | None:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def _cpu_limit() -> str | None:
    words = _read(CGROUP / "cpu.max").split()
    return f"{int(words[0]) / int(words[1]):.1f}" if len(words) == 2 and words[0].isdecimal() else None


def _memory() -> dict[str, int]:
    """Return the entries of /proc/meminfo in bytes; nothing on a system without it."""
    rows = [line.split() for line in _read(Path("/proc/meminfo")).splitlines()]
    return {row[0].rstrip(":"): int(row[1]) * 1024 for row in rows if len(row) == 3}


def _memory_limit() -> str | None:
    text = _read(CGROUP / "memory.max").strip()
    return gigabytes(int(text)) if text.isdecimal() else None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
