"""The share of time that threads wait for a processor, from the counts of Linux."""

from pathlib import Path

import pytest

from pipeline.runtime.processor_time import ProcessorTime, read_processor_time


def test_counts_of_all_threads_are_added(tmp_path: Path) -> None:
    for thread, content in {"10": "3000000000 1000000000 7\n", "11": "500000000 0 1\n", "12": "no counts\n"}.items():
        (tmp_path / thread).mkdir()
        (tmp_path / thread / "schedstat").write_text(content)
    assert read_processor_time(tmp_path) == ProcessorTime(3.5, 1.0)
    assert read_processor_time(tmp_path / "nothing") == ProcessorTime(0.0, 0.0)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ((0.0, 0.0), (3.0, 1.0), 0.25),
        ((3.0, 1.0), (4.0, 4.0), 0.75),
        ((3.0, 1.0), (3.0, 1.0), 0.0),
        ((3.0, 1.0), (2.0, 0.5), 0.0),  # a thread has ended, and its counts with it
    ],
)
def test_share_between_two_readings(before: tuple[float, float], after: tuple[float, float], expected: float) -> None:
    assert ProcessorTime(*after).waiting_share_since(ProcessorTime(*before)) == expected


@pytest.mark.skipif(not Path("/proc/self/schedstat").exists(), reason="this system does not count")
def test_this_process_has_run() -> None:
    first = read_processor_time()
    sum(range(10**6))
    assert read_processor_time().running > first.running > 0
