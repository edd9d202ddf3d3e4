"""Deterministic algorithms of PyTorch during a training."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.utils.deterministic as fill_settings


@contextmanager
def deterministic_algorithms(device: torch.device) -> Iterator[None]:
    """Use deterministic algorithms on a CPU, and restore the settings afterwards.

    A GPU uses its fastest algorithms; its results differ by rounding from run to run. New tensors are not filled with
    NaN, which only serves to find bugs.
    """
    enabled = torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    filled = fill_settings.fill_uninitialized_memory  # type: ignore[attr-defined]
    torch.use_deterministic_algorithms(device.type == "cpu")
    fill_settings.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(enabled, warn_only=warn_only)
        fill_settings.fill_uninitialized_memory = filled  # type: ignore[attr-defined]
