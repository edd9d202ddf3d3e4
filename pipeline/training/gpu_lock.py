"""One training at a time on a GPU: a second one waits, instead of taking the memory and the time of the first."""

import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from pipeline.artifacts.locks import hold_lock

logger = logging.getLogger(__name__)


def gpu_uuid(device: torch.device) -> str | None:
    """What tells a GPU from all others, whatever number it has here; None for a CPU, which many may share."""
    return str(torch.cuda.get_device_properties(device).uuid) if device.type == "cuda" else None


@contextmanager
def hold_gpu(name: str | None) -> Iterator[None]:
    """Hold the GPU called `name` until the block ends; wait for whoever of this user holds it now."""
    if name is None:
        yield
        return
    path = Path(tempfile.gettempdir(), f"msn-{os.getuid()}", f"{name}.lock")
    with hold_lock(path, wait=False) as free:
        if free:
            yield
            return
    logger.info("GPU %s: another training is on it; waiting for its end", name)
    with hold_lock(path):
        logger.info("GPU %s: it is free now", name)
        yield
