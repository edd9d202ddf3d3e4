"""Measurement of a training step: the seconds that a network takes to learn from one clip on this machine."""

import statistics
import time

import torch

from pipeline.nets.build import Network, initialise

WARM_UP, STEPS = 1, 3  # steps that are not counted, and that are
CLIPS = {"cpu": 2, "cuda": 8}  # of a step; more on a CPU would be no faster for each


def seconds_per_clip(network: Network, frames: int, size: int, device: torch.device) -> float:
    """Return the median seconds of a forward and a backward pass over random clips, for each clip.

    Args:
        network: with weights of any kind, on the CPU.
        frames: of a clip.
        size: height and width of the clip in pixels.
        device: to measure on.

    Raises:
        torch.OutOfMemoryError: if a few clips do not fit.
    """
    initialise(network, torch.Generator().manual_seed(0))
    network.train().to(device)
    clips = torch.randn(CLIPS[device.type], 3, frames, size, size, device=device)
    seconds = []
    for _ in range(WARM_UP + STEPS):
        start = time.perf_counter()
        network.zero_grad()
        network(clips).square().mean().backward()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds[WARM_UP:]) / len(clips)
