"""A lock on a GPU: a second training waits, instead of taking memory and time from the first one."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from pipeline.artifacts.locks import hold_lock
from pipeline.user_folder import user_folder

logger = logging.getLogger(__name__)


def gpu_uuid(device: torch.device) -> str | None:
    """Return the UUID of a GPU, which is the same in every process; None for a CPU, which trainings may share."""
    return str(torch.cuda.get_device_properties(device).uuid) if device.type == "cuda" else None


@contextmanager
def hold_gpu(uuid: str | None) -> Iterator[None]:
    """Hold the lock of a GPU until the block ends; first wait for any other training of this user on it.

    Raises:
        UnsafeFolderError: if another account could replace the lock.
    """
    if uuid is None:
        yield
        return
    path = user_folder("gpu-locks") / f"{uuid}.lock"
    with hold_lock(path, wait=False) as free:
        if free:
            yield
            return
    logger.info("GPU %s: another training is on it; waiting for its end", uuid)
    with hold_lock(path):
        logger.info("GPU %s: it is free now", uuid)
        yield
