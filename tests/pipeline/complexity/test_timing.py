"""Timing: what is measured is what ran."""

import gc
import time

import torch

from pipeline.complexity.timing import BATCHES, measure, passes, peak_memory


def _sleeps(seconds: float, met: list[int]) -> object:
    def network(clips: torch.Tensor) -> torch.Tensor:
        met.append(len(clips))
        time.sleep(seconds * len(clips))
        return clips.new_zeros(len(clips), 1)

    return network


def test_passes_that_are_not_counted_come_first() -> None:
    met: list[int] = []
    seconds = passes(_sleeps(0.001, met), torch.zeros(1, 3, 2, 2, 2))  # type: ignore[arg-type]
    assert len(met) == len(seconds) + 2
    assert min(seconds) >= 0.001


def test_latency_is_of_one_clip_and_the_best_batch_is_named() -> None:
    met: list[int] = []
    told: list[int] = []
    found = measure(_sleeps(0.0, met), (2, 2, 2), torch.device("cpu"), told.append)  # type: ignore[arg-type]
    assert told == list(BATCHES["cpu"])
    assert set(met) == set(BATCHES["cpu"])
    assert found.low <= found.latency <= found.high
    assert found.batch in BATCHES["cpu"]
    assert found.clips_per_second > 0


PIECE, PIECES = 2**20, 64
SIZE = PIECE * PIECES


def _holds(clips: torch.Tensor) -> torch.Tensor:
    """A network that holds 64 MiB at once."""
    held = [torch.ones(PIECE // 4) for _ in range(PIECES)]
    return torch.stack([part.sum() for part in held]).sum()[None, None] * clips.new_ones(1, 1)


def test_peak_memory_is_what_a_pass_holds() -> None:
    for _ in range(3):  # what the C library keeps of earlier passes hides nothing
        _holds(torch.zeros(1, 3, 2, 2, 2))
    found = peak_memory(_holds, torch.zeros(1, 3, 2, 2, 2))
    assert found is None or 0.8 * SIZE < found < 1.6 * SIZE


def test_garbage_that_is_freed_meanwhile_hides_nothing() -> None:
    network_before: list[object] = [torch.ones(SIZE // 4)]
    network_before.append(network_before)  # freed when Python looks for garbage, whenever that is
    del network_before

    def network(clips: torch.Tensor) -> torch.Tensor:
        gc.collect()
        return _holds(clips)

    found = peak_memory(network, torch.zeros(1, 3, 2, 2, 2))
    assert found is None or 0.8 * SIZE < found < 1.6 * SIZE
