"""Whether the libraries can be imported, and which devices they see."""

import json
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.doctor import import_probe
from pipeline.doctor.check import Check, Fact, Section, ok_or_problem, ok_or_warning
from pipeline.runtime.project_code import project_root

LIBRARIES = ("numpy", "scipy", "pandas", "cv2", "av", "zarr", "distributed", "dvc.repo", "torch", "torchvision")
AFTER_TORCH = ("nms", "GPUs", "device")  # tasks of the probe
PATIENCE = 180  # seconds for all imports: from a cold network disk torch alone takes a minute
NVIDIA = Path("/proc/driver/nvidia/version")


@dataclass(frozen=True)
class Outcome:
    """How one task of the probe ended.

    Attributes:
        error: the type of the error and what is known to be harmless of its message; None if there was none.
        facts: what the task found out.
    """

    error: str | None
    facts: dict[str, Any]


def examine() -> Section:
    """Return which libraries can be imported, and the devices."""
    outcomes = probe([*LIBRARIES, *AFTER_TORCH])
    failed = {name: outcomes[name].error for name in LIBRARIES if outcomes[name].error}
    facts: dict[str, Fact] = {
        **outcomes["GPUs"].facts,
        **outcomes["device"].facts,
        "NVIDIA driver": _driver() or "none",
    }
    checks = [
        ok_or_problem(
            "imports",
            not failed,
            "; ".join(f"{name}: {error}" for name, error in failed.items()) or f"all {len(LIBRARIES)} succeed",
            "install the package again, at the version of requirements.lock",
        )
    ]
    if "torch" not in failed:
        checks += [*_check_torchvision(outcomes), _check_device(outcomes["device"]), *_check_cuda(facts)]
    return Section("Libraries and devices", facts, checks)


def probe(tasks: list[str]) -> dict[str, Outcome]:
    """Run tasks of the probe in another process; one that ends the process is named, and the next ones follow."""
    outcomes: dict[str, Outcome] = {}
    while left := tasks[len(outcomes) :]:
        lines, ending = _run_probe(left)
        for begun, ended in zip(lines[::2], lines[1::2], strict=False):
            outcomes[begun["task"]] = Outcome(ended["error"], ended["facts"])
        if len(lines) < 2 * len(left):  # the process ended in a task, or before the first
            outcomes[tasks[len(outcomes)]] = Outcome(ending, {})
    return outcomes


def _run_probe(tasks: list[str]) -> tuple[list[dict[str, Any]], str]:
    """Return the lines that the probe printed, and how it ended."""
    # -P: a file of the working directory that has the name of a library is not imported in its place.
    command = [sys.executable, "-P", import_probe.__file__, str(project_root()), *tasks]
    try:
        process = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=PATIENCE)
        output, ending = process.stdout, _ending(process.returncode)
    except subprocess.TimeoutExpired as error:
        output, ending = error.stdout or b"", f"not finished after {PATIENCE} seconds"
    return [json.loads(line) for line in output.decode().splitlines() if line.endswith("}")], ending


def _ending(status: int) -> str:
    return f"the process was ended by {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"


def _check_torchvision(outcomes: dict[str, Outcome]) -> list[Check]:
    if outcomes["torchvision"].error:
        return []
    return [
        ok_or_problem(
            "torch and torchvision fit",
            outcomes["nms"].error is None,
            outcomes["nms"].error or "torchvision's operator nms works",
            "install both from one index: PyPI, or PyTorch's CPU index for both",
        )
    ]


def _check_device(outcome: Outcome) -> Check:
    finding = outcome.error or f"{outcome.facts['device that is picked']} works"
    remedy = "set MSN_DEVICE to a device that this machine has: cpu, cuda, cuda:N"
    return ok_or_problem("device", outcome.error is None, finding, remedy)


def _check_cuda(facts: dict[str, Fact]) -> list[Check]:
    if facts["NVIDIA driver"] == "none":
        return []
    remedy = "torch cannot use the GPU: install PyPI's torch, and a driver that is new enough for its CUDA"
    finding = "seen by torch" if "GPU 0" in facts else "there is a driver, but torch sees no GPU"
    return [ok_or_warning("GPU", "GPU 0" in facts, finding, remedy)]


def _driver() -> str | None:
    """Return the version of NVIDIA's driver; None if there is none."""
    if not NVIDIA.is_file():
        return None
    version = re.search(r"\b\d{3}\.\d+(?:\.\d+)?\b", NVIDIA.read_text(errors="replace"))
    return version[0] if version else "of unknown version"
