"""A child process that crashes, hangs or exceeds its memory limit is detected and replaced."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.watched import WatchedFunction

pytestmark = pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="memory is watched through /proc")


def _fail(failure: str) -> str:
    if failure == "crash":
        os.abort()
    if failure == "hang":
        time.sleep(60)
    if failure == "memory":
        return str(len(b"x" * 400_000_000))
    return f"did {failure}"


@pytest.fixture(scope="module")
def watched() -> Iterator[WatchedFunction]:
    """`_fail` in a child with limits of 300 MB and two seconds."""
    with WatchedFunction(_fail, max_mb=300, max_seconds=2) as child:
        yield child


@pytest.mark.parametrize("failure", ["crash", "hang", "memory"])
def test_a_failing_child_is_detected_and_replaced(watched: WatchedFunction, failure: str) -> None:
    assert watched(failure).outcome == failure
    result = watched("nothing")
    assert (result.outcome, result.value) == ("returned", "did nothing")
    assert 0 < result.peak_mb < 300  # of this call, not of those before
