"""Damaged copies of drawn videos end as whole, or as broken with a reason."""

from pathlib import Path

import pytest

from benchmarks.damage import DAMAGES, damaged
from benchmarks.fuzz import CODECS, fuzz, run_stages, write_drawn_videos
from benchmarks.odd_videos import ODD_VIDEOS
from benchmarks.watched import WatchedFunction

pytestmark = pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="memory is watched through /proc")


def test_damaged_videos_end_whole_or_broken(tmp_path: Path) -> None:
    videos = sorted(write_drawn_videos(tmp_path / "videos", frames=12).iterdir())
    assert len(videos) == len(CODECS) + len(ODD_VIDEOS) == 8
    counts = fuzz(videos, 20, seed=1, watched=WatchedFunction(run_stages, max_mb=2000, max_seconds=60))
    assert counts["whole"] + counts["broken"] == counts["copies"] == 20, counts
    assert counts["whole"] >= 5
    assert counts["broken"] >= 1


def test_every_kind_of_damage_changes_a_file_and_is_reproducible() -> None:
    data = bytes(range(256)) * 40
    copies = [damaged(data, 0, number) for number in range(40)]
    assert {name for name, _ in copies} == set(DAMAGES)
    assert all(copy != data for name, copy in copies if name != "changed_header")
    assert copies == [damaged(data, 0, number) for number in range(40)]
    assert copies != [damaged(data, 1, number) for number in range(40)]
