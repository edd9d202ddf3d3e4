"""A lock is held by one at a time, and leaves no file behind."""

import multiprocessing
from pathlib import Path

from pipeline.artifacts.locks import hold_lock


def _count(folder: Path, times: int) -> None:
    number = folder / "number"
    for _ in range(times):
        with hold_lock(folder / "lock"):
            number.write_text(str(int(number.read_text()) + 1))


def test_no_step_is_lost_between_three_processes(tmp_path: Path) -> None:
    (tmp_path / "number").write_text("0")
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_count, args=(tmp_path, 200)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert (tmp_path / "number").read_text() == "600"
    assert [path.name for path in tmp_path.iterdir()] == ["number"]


def test_who_does_not_wait_is_told(tmp_path: Path) -> None:
    with hold_lock(tmp_path / "lock") as first, hold_lock(tmp_path / "lock", wait=False) as second:
        assert (first, second) == (True, False)
    with hold_lock(tmp_path / "lock", wait=False) as third:
        assert third
