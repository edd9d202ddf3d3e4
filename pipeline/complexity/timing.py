"""How long a network takes, measured: noisy, and only true of the machine that it was measured on."""

import ctypes
import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from pipeline.complexity.compiled import Answers, Clips

BATCHES = {"cpu": (1, 2, 4), "cuda": (1, 8, 32, 128)}
SECONDS, FEWEST, MOST = 4.0, 5, 50  # of measuring, and of passes


@dataclass(frozen=True)
class Timing:
    """What was measured of one network.

    Attributes:
        latency: seconds for one clip, the median.
        low, high: quartiles of the same.
        clips_per_second: at the best batch.
        batch: that batch.
        memory: bytes held at the peak beside the weights, by activations and scratch space of one clip; None where the
            system does not tell.
    """

    latency: float
    low: float
    high: float
    clips_per_second: float
    batch: int
    memory: int | None


def measure(
    network: Callable[[Clips], Answers], size: Sequence[int], device: torch.device, told: Callable[[int], None]
) -> Timing:
    """Time a network over random clips.

    Args:
        network: in evaluation mode, on `select_device`.
        size: frames, height and width.
        device: where.
        told: called with each batch when it begins.
    """
    latencies: list[float] = []
    best = (0.0, 0)
    memory = None
    for batch in BATCHES[device.type]:
        told(batch)
        clips = torch.randn(batch, 3, *size, device=device)
        try:
            seconds = passes(network, clips)
            if batch == 1:
                latencies, memory = seconds, peak_memory(network, clips)
        except torch.OutOfMemoryError:
            break
        best = max(best, (batch / statistics.median(seconds), batch))
    low, median, high = statistics.quantiles(latencies, n=4)
    return Timing(median, low, high, best[0], best[1], memory)


def passes(network: Callable[[Clips], Answers], clips: Float[Tensor, "batch 3 time height width"]) -> list[float]:
    """Seconds of several passes, after two that are not counted."""
    seconds: list[float] = []
    begun = 0.0
    with torch.inference_mode():
        for number in range(MOST + 2):
            start = time.perf_counter()
            network(clips)
            _wait(clips.device)
            end = time.perf_counter()
            if number < 2:
                begun = end
                continue
            seconds.append(end - start)
            if len(seconds) >= FEWEST and end - begun > SECONDS:
                break
    return seconds


def peak_memory(network: Callable[[Clips], Answers], clips: Float[Tensor, "batch 3 time height width"]) -> int | None:
    """Bytes that a pass adds to what is held, at its peak."""
    with torch.inference_mode():
        if clips.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats()
            held = torch.cuda.memory_allocated()
            network(clips)
            return torch.cuda.max_memory_allocated() - held
        reset = Path("/proc/self/clear_refs")
        if not reset.exists():
            return None
        _give_back()
        reset.write_text("5")  # Linux: the peak begins anew at what is held now
        held = _kilobytes("VmRSS")
        network(clips)
        return 1024 * (_kilobytes("VmHWM") - held)


def _give_back() -> None:
    """Give what nobody uses back to the system: garbage that is freed meanwhile would hide what a pass takes.

    That is Python's (networks measured before, in cycles of references) and what the C library keeps (glibc).
    """
    gc.collect()
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
        trim(0)


def _kilobytes(key: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    (value,) = (line.split()[1] for line in lines if line.startswith(f"{key}:"))
    return int(value)


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()
