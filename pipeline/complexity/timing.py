"""Measurement of a network's latency, throughput and peak memory; noisy, and valid for one machine."""

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

from pipeline.nets.compiled import Clips, Outputs

BATCHES = {"cpu": (1, 2, 4), "cuda": (1, 8, 32, 128)}
MIN_SECONDS, MIN_PASSES, MAX_PASSES = 4.0, 5, 50  # of each batch size: both minima are met, unless MAX_PASSES is first


@dataclass(frozen=True)
class Timing:
    """The measurements of one network.

    Attributes:
        latency: median seconds for one clip.
        low, high: quartiles of the seconds for one clip.
        clips_per_second: at the fastest batch size.
        batch: the fastest batch size.
        memory: peak bytes of the activations and scratch space of one clip, without the weights; None if the system
            does not report it.
    """

    latency: float
    low: float
    high: float
    clips_per_second: float
    batch: int
    memory: int | None


def time_network(
    network: Callable[[Clips], Outputs], size: Sequence[int], device: torch.device, on_batch: Callable[[int], None]
) -> Timing:
    """Time a network over random clips.

    Args:
        network: in evaluation mode, on `device`.
        size: frames, height and width.
        device: on which the network and the clips are.
        on_batch: called with each batch size before its passes.
    """
    latencies: list[float] = []
    best = (0.0, 0)
    memory = None
    for batch in BATCHES[device.type]:
        on_batch(batch)
        clips = torch.randn(batch, 3, *size, device=device)
        try:
            seconds = time_passes(network, clips)
            if batch == 1:
                latencies, memory = seconds, peak_memory(network, clips)
        except torch.OutOfMemoryError:
            break
        best = max(best, (batch / statistics.median(seconds), batch))
    low, median, high = statistics.quantiles(latencies, n=4)
    return Timing(median, low, high, best[0], best[1], memory)


def time_passes(network: Callable[[Clips], Outputs], clips: Float[Tensor, "batch 3 time height width"]) -> list[float]:
    """Return the seconds of several passes, after two warm-up passes that are not counted."""
    seconds: list[float] = []
    start_of_counted = 0.0
    with torch.inference_mode():
        for number in range(MAX_PASSES + 2):
            start = time.perf_counter()
            network(clips)
            _synchronise(clips.device)
            end = time.perf_counter()
            if number < 2:
                start_of_counted = end
                continue
            seconds.append(end - start)
            if len(seconds) >= MIN_PASSES and end - start_of_counted > MIN_SECONDS:
                break
    return seconds


def peak_memory(network: Callable[[Clips], Outputs], clips: Float[Tensor, "batch 3 time height width"]) -> int | None:
    """Return the peak bytes that a pass allocates in addition to the memory in use before it.

    On Linux with glibc, the process must not have been refused memory before. A thread that was refused memory
    allocates from another arena (malloc's `arena_get_retry`), whose unused end `malloc_trim` does not return to the
    system. A pass that reuses that end seems to take less.
    """
    with torch.inference_mode():
        if clips.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats()
            before = torch.cuda.memory_allocated()
            network(clips)
            return torch.cuda.max_memory_allocated() - before
        reset = Path("/proc/self/clear_refs")
        if not reset.exists():
            return None
        _release_memory()
        reset.write_text("5")  # Linux: resets the peak (VmHWM) to the memory in use now
        before = _kilobytes("VmRSS")
        network(clips)
        return 1024 * (_kilobytes("VmHWM") - before)


def _release_memory() -> None:
    """Return unused memory to the system: garbage that is freed during a pass would hide what the pass allocates.

    Unused are Python objects in reference cycles (networks measured before) and memory that the C library (glibc)
    keeps for reuse.
    """
    gc.collect()
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
        trim(0)


def _kilobytes(key: str) -> int:
    """Return the entry `key` of /proc/self/status."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (value,) = (line.split()[1] for line in lines if line.startswith(f"{key}:"))
    return int(value)


def _synchronise(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()
