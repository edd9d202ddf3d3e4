"""Timing of functions with known duration and memory."""

import gc
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest
import torch

from pipeline.complexity.timing import BATCHES, peak_memory, time_network, time_passes


def _sleeping_network(seconds: float, batches: list[int]) -> object:
    def network(clips: torch.Tensor) -> torch.Tensor:
        batches.append(len(clips))
        time.sleep(seconds * len(clips))
        return clips.new_zeros(len(clips), 1)

    return network


def test_warm_up_passes_are_not_counted() -> None:
    batches: list[int] = []
    seconds = time_passes(_sleeping_network(0.001, batches), torch.zeros(1, 3, 2, 2, 2))  # type: ignore[arg-type]
    assert len(batches) == len(seconds) + 2
    assert min(seconds) >= 0.001


def test_every_batch_size_is_timed() -> None:
    batches: list[int] = []
    reported: list[int] = []
    timing = time_network(_sleeping_network(0.0, batches), (2, 2, 2), torch.device("cpu"), reported.append)  # type: ignore[arg-type]
    assert reported == list(BATCHES["cpu"])
    assert set(batches) == set(BATCHES["cpu"])
    assert timing.low <= timing.latency <= timing.high
    assert timing.batch in BATCHES["cpu"]
    assert timing.clips_per_second > 0


BUFFER_BYTES, BUFFERS = 2**20, 64
SIZE = BUFFER_BYTES * BUFFERS


def _allocating_network(clips: torch.Tensor) -> torch.Tensor:
    """Allocate 64 MiB at once, as a network."""
    buffers = [torch.ones(BUFFER_BYTES // 4) for _ in range(BUFFERS)]
    return torch.stack([buffer.sum() for buffer in buffers]).sum()[None, None] * clips.new_ones(1, 1)


def _memory_of_a_pass() -> int | None:
    for _ in range(3):  # memory that the C library keeps from earlier passes hides nothing
        _allocating_network(torch.zeros(1, 3, 2, 2, 2))
    return peak_memory(_allocating_network, torch.zeros(1, 3, 2, 2, 2))


def _memory_of_a_pass_that_collects_garbage() -> int | None:
    garbage: list[object] = [torch.ones(SIZE // 4)]
    garbage.append(garbage)  # a reference cycle: freed by the garbage collector
    del garbage

    def network(clips: torch.Tensor) -> torch.Tensor:
        gc.collect()
        return _allocating_network(clips)

    return peak_memory(network, torch.zeros(1, 3, 2, 2, 2))


@pytest.mark.parametrize("measure", [_memory_of_a_pass, _memory_of_a_pass_that_collects_garbage])
def test_peak_memory(measure: Callable[[], int | None]) -> None:
    """A new process measures, as `msn complexity` does: see the limit that `peak_memory` states."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        memory = executor.submit(measure).result()
    assert memory is None or 0.8 * SIZE < memory < 1.6 * SIZE
