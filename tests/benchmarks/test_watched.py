"""A child process that crashes, hangs or takes too much memory is seen, and replaced."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.watched import Watched

pytestmark = pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="memory is watched through /proc")


def _misbehave(how: str) -> str:
    if how == "crash":
        os.abort()
    if how == "hang":
        time.sleep(60)
    if how == "memory":
        return str(len(b"x" * 400_000_000))
    return f"did {how}"


@pytest.fixture(scope="module")
def watched() -> Iterator[Watched]:
    """The function above, in a child that may hold 300 MB for two seconds."""
    with Watched(_misbehave, most_mb=300, most_seconds=2) as child:
        yield child


@pytest.mark.parametrize("how", ["crash", "hang", "memory"])
def test_a_child_that_misbehaves_is_seen_and_replaced(watched: Watched, how: str) -> None:
    assert watched(how).how == how
    ended = watched("nothing")
    assert (ended.how, ended.value) == ("returned", "did nothing")
    assert 0 < ended.peak_mb < 300  # of this call, not of those before
