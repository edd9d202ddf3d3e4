"""A program that imports libraries and tries the device: a process of its own, because a broken library may end it.

It prints one line of JSON before each task (`{"task": NAME}`) and one after it (`{"error": ..., "facts": ...}`).
"""

import importlib
import json
import os
import re
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

# The only parts of a message that are shown; the rest may hold paths.
HARMLESS = re.compile(
    r"\blib[\w+.-]+\.so[\d.]*|\bGLIBC(?:XX)?_[\d.]+|operator [\w:]+ does not exist|No module named '[\w.]+'"
)


def main() -> None:
    """Run the tasks that the arguments name; the first argument is the folder of the project's packages."""
    # Libraries may print to stdout while they are imported.
    with os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1) as stream:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        sys.path.append(sys.argv[1])
        for name in sys.argv[2:]:
            print(json.dumps({"task": name}), file=stream)
            print(json.dumps(_attempt(TASKS.get(name, partial(_import, name)))), file=stream)


def _attempt(task: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return {"error": None, "facts": task()}
    except BaseException as error:  # libraries raise what they like, SystemExit too
        details = HARMLESS.search(str(error))
        return {"error": type(error).__name__ + (f" ({details[0]})" if details else ""), "facts": {}}


def _import(name: str) -> dict[str, Any]:
    importlib.import_module(name)
    return {}


def _try_nms() -> dict[str, Any]:
    """Call an operator of torchvision that is missing if it was built for another torch."""
    import torch
    from torchvision.ops import nms

    nms(torch.tensor([[0.0, 0.0, 1.0, 1.0]]), torch.tensor([1.0]), 0.5)
    return {}


def _list_gpus() -> dict[str, Any]:
    import torch

    facts: dict[str, Any] = {
        "torch is built for CUDA": torch.version.cuda or "no",
        "threads of torch": torch.get_num_threads(),
    }
    for number in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
        gpu = torch.cuda.get_device_properties(number)
        facts[f"GPU {number}"] = (
            f"{gpu.name}, {gpu.total_memory / 1e9:.1f} GB, compute capability {gpu.major}.{gpu.minor}"
        )
    return facts


def _pick_device() -> dict[str, Any]:
    from pipeline.device import select_device

    return {"device that is picked": str(select_device())}


TASKS = {"nms": _try_nms, "GPUs": _list_gpus, "device": _pick_device}

if __name__ == "__main__":
    main()
