"""Items of a stage: finished ones are reused, failures are reported after all others, a full disk ends the stage."""

import errno
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from pipeline.artifacts.hashing import folder_digest
from pipeline.items import Item, find_or_make, make_items
from pipeline.runtime.errors import ItemsFailedError
from pipeline.runtime.output_checksums import item_folders


def _items(numbers: list[int], log: Path) -> list[Item]:
    return [Item(name=f"item{n}", source={"number": n}, arguments=(n, log)) for n in numbers]


def write_square(folder: Path, number: int, log: Path) -> None:
    if number < 0:
        raise ValueError(f"{number} is below 0")
    with log.open("a") as stream:
        stream.write(f"{number}\n")
    (folder / "square.txt").write_text(str(number * number))


write_square.__module__ = "pipeline.artifacts.hashing"  # keys of items hash this module's code: must be project code


def test_finished_items_are_reused_and_one_added_item_costs_one(tmp_path: Path) -> None:
    log = tmp_path / "log"
    for run, numbers in enumerate([[1, 2], [1, 2, 3], [3]]):
        output = tmp_path / f"out{run}"
        output.mkdir()
        make_items("square", write_square, _items(numbers, log), output, "squaring")
        squares = {path.name: (path / "square.txt").read_text() for path in item_folders(output)}
        assert squares == {f"item{n}": str(n * n) for n in numbers}
    assert sorted(log.read_text().split()) == ["1", "2", "3"]


def test_the_folders_of_items_are_in_their_order(tmp_path: Path) -> None:
    log = tmp_path / "log"
    items = [replace(item, work=work) for item, work in zip(_items([3, 1, 2], log), (5, 20, 10), strict=True)]
    folders = find_or_make("square", write_square, [*items, replace(items[0], name="again")], "squaring")
    assert [(folder / "square.txt").read_text() for folder in folders] == ["9", "1", "4", "9"]
    assert folders[0] == folders[3]
    more = find_or_make("square", write_square, _items([4, 1, 3], log), "squaring")
    assert [(folder / "square.txt").read_text() for folder in more] == ["16", "1", "9"]
    assert more[1:] == [folders[1], folders[0]]
    assert log.read_text().split() == ["1", "2", "3", "4"]
    assert find_or_make("square", write_square, [], "squaring") == []


def test_folders_of_items_are_returned_only_if_all_were_made(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with pytest.raises(ItemsFailedError, match=r"1 of 2 failed(.|\n)*item-1: ValueError: -1 is below 0"):
        find_or_make("square", write_square, _items([-1, 5], log), "squaring")
    (folder,) = find_or_make("square", write_square, _items([5], log), "squaring")
    assert (folder / "square.txt").read_text() == "25"
    assert log.read_text().split() == ["5"]


def test_the_largest_items_are_started_first(tmp_path: Path) -> None:
    log, output = tmp_path / "log", tmp_path / "out"
    output.mkdir()
    items = [replace(item, work=work) for item, work in zip(_items([1, 2, 3], log), (5, 20, 10), strict=True)]
    make_items("square", write_square, items, output, "squaring")
    assert log.read_text().split() == ["2", "3", "1"]


def test_failures_stop_no_other_item_and_lose_nothing(tmp_path: Path) -> None:
    log, output = tmp_path / "log", tmp_path / "out"
    output.mkdir()
    with pytest.raises(ItemsFailedError, match=r"2 of 4 failed(.|\n)*item-1: ValueError: -1 is below 0(.|\n)*item-2"):
        make_items("square", write_square, _items([-1, 5, -2, 6], log), output, "squaring")
    make_items("square", write_square, _items([5, 6], log), output, "squaring")
    assert sorted(log.read_text().split()) == ["5", "6"]


def write_thread_counts(folder: Path, log: Path) -> None:
    """Write the numbers of threads that libraries would use, and log the process."""
    np.ones((4, 4)) @ np.ones((4, 4))  # loads the BLAS library
    numbers = sorted({pool["num_threads"] for pool in threadpool_info()})
    (folder / "threads.txt").write_text(str(numbers))
    with log.open("a") as stream:
        stream.write(f"{os.getpid()} ")


write_thread_counts.__module__ = "pipeline.artifacts.hashing"


def test_a_single_worker_is_this_process_with_as_many_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    digests = {}
    with threadpool_limits(3):
        for workers in ("1", "2"):
            monkeypatch.setenv("MSN_WORKERS", workers)
            monkeypatch.setenv("MSN_WORK", str(tmp_path / f"work{workers}"))
            output, log = tmp_path / f"out{workers}", tmp_path / f"log{workers}"
            output.mkdir()
            items = [Item(f"item{n}", {"number": n}, (log,)) for n in range(3)]
            with monkeypatch.context() as patch:
                if workers == "1":
                    patch.setattr("pipeline.parallel.dask_cluster.local_client", None)  # no cluster is started
                make_items("threads", write_thread_counts, items, output, "counting")
            assert (str(os.getpid()) in log.read_text().split()) == (workers == "1")
            digests[workers] = folder_digest(output)
        assert max(pool["num_threads"] for pool in threadpool_info()) == 3  # as before
    assert (tmp_path / "out1/item0/threads.txt").read_text() == "[1]"
    assert digests["1"] == digests["2"]


def test_two_equal_items_are_made_once_and_fail_together(tmp_path: Path) -> None:
    log, output = tmp_path / "log", tmp_path / "out"
    output.mkdir()
    items = [replace(item, name=f"{item.name}-{copy}") for item in _items([-1, 7], log) for copy in "ab"]
    with pytest.raises(ItemsFailedError) as error:
        make_items("square", write_square, items, output, "squaring")
    reason = "ValueError: -1 is below 0"
    assert str(error.value).splitlines() == [
        "squaring: 2 of 4 failed; the others are finished and will not be redone:",
        f"  item-1-a: {reason}",
        f"  item-1-b: {reason}",
    ]
    make_items("square", write_square, items[2:], output, "squaring")
    assert log.read_text().split() == ["7"]
    assert [path.name for path in item_folders(output)] == ["item7-a", "item7-b"]


def test_only_the_stage_reports_failures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Dask's workers are separate processes, which write to the same terminal."""
    monkeypatch.setenv("MSN_WORKERS", "2")
    (tmp_path / "out").mkdir()
    with pytest.raises(ItemsFailedError, match="2 of 3 failed"):
        make_items("square", write_square, _items([-1, 5, -2], tmp_path / "log"), tmp_path / "out", "squaring")
    assert "is below 0" not in "".join(capfd.readouterr())


def write_until_full(folder: Path, number: int, log: Path) -> None:
    """Write one file; from number 2 on the disk is full."""
    write_square(folder, number, log)
    if number >= 2:
        raise OSError(errno.ENOSPC, "No space left on device")


write_until_full.__module__ = "pipeline.artifacts.hashing"


@pytest.mark.parametrize("workers", [1, 2])
def test_a_full_disk_ends_the_stage_and_is_reported_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    monkeypatch.setenv("MSN_WORKERS", str(workers))
    log, output = tmp_path / "log", tmp_path / "out"
    output.mkdir()
    items = [replace(item, work=40 - number) for number, item in enumerate(_items([1, -1, *range(2, 32)], log))]
    with pytest.raises(ItemsFailedError) as error:
        make_items("square", write_until_full, items, output, "squaring")
    summary, *lines = str(error.value).splitlines()
    assert summary == "squaring: stopped for want of room; 1 of 32 are finished and will not be redone:"
    assert lines[0] == "  item-1: ValueError: -1 is below 0"
    assert len(lines) == 2
    assert "DiskFullError" in lines[1]
    assert len(log.read_text().split()) <= (2 if workers == 1 else 2 + 2 * (2 * workers + 2))


def test_a_worker_with_other_code_makes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log, output = tmp_path / "log", tmp_path / "out"
    output.mkdir()
    with (
        monkeypatch.context() as patch,
        pytest.raises(ItemsFailedError, match=r"item5: CodeMismatchError: .*start"),
    ):
        patch.setattr("pipeline.parallel.workers.loaded_code_hash", lambda module: "the hash of older code")
        make_items("square", write_square, _items([5], log), output, "squaring")
    assert not log.exists()
    make_items("square", write_square, _items([5], log), output, "squaring")
    assert log.read_text().split() == ["5"]
