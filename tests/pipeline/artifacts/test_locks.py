"""Locks: one process at a time holds a lock, and a released lock leaves no file behind."""

import multiprocessing
from pathlib import Path

import pytest

from pipeline.artifacts.locks import hold_lock


def _increment(folder: Path, times: int) -> None:
    number = folder / "number"
    for _ in range(times):
        with hold_lock(folder / "lock"):
            number.write_text(str(int(number.read_text()) + 1))


def test_three_processes_lose_no_increment(tmp_path: Path) -> None:
    (tmp_path / "number").write_text("0")
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_increment, args=(tmp_path, 200)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert (tmp_path / "number").read_text() == "600"
    assert [path.name for path in tmp_path.iterdir()] == ["number"]


def test_without_waiting_a_held_lock_is_reported(tmp_path: Path) -> None:
    with hold_lock(tmp_path / "lock") as first, hold_lock(tmp_path / "lock", wait=False) as second:
        assert (first, second) == (True, False)
    with hold_lock(tmp_path / "lock", wait=False) as third:
        assert third


@pytest.mark.parametrize("wait", [True, False])
def test_a_link_in_place_of_a_lock_is_not_followed(tmp_path: Path, wait: bool) -> None:
    (tmp_path / "target").write_text("kept")
    (tmp_path / "lock").symlink_to(tmp_path / "target")
    with pytest.raises(OSError, match="symbolic link"), hold_lock(tmp_path / "lock", wait):
        pass
    assert (tmp_path / "target").read_text() == "kept"
