"""Working through items: results in order, finished work reused, failures named after all others are done."""

import errno
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from pipeline.artifacts.hashing import file_digest, folder_digest
from pipeline.items import Item, make_items
from pipeline.parallel.progress import WorkProgress
from pipeline.parallel.worker_count import worker_count
from pipeline.parallel.workers import ANYWHERE, map_items, map_outcomes
from pipeline.runtime.errors import ItemsFailedError


def _files(folder: Path, count: int) -> list[Path]:
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{number}.txt" for number in range(count)]
    for number, path in enumerate(paths):
        path.write_text(f"content {number}")
    return paths


@pytest.mark.parametrize("workers", ["1", "2"])
def test_results_come_in_the_order_of_the_items(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: str) -> None:
    monkeypatch.setenv("MSN_WORKERS", workers)
    paths = _files(tmp_path / "files", 7)
    assert map_items(file_digest, paths, "hashing") == [file_digest(path) for path in paths]


def test_a_failing_item_is_named_after_all_others_are_done(tmp_path: Path) -> None:
    paths = _files(tmp_path / "files", 3)
    paths[1].unlink()
    with pytest.raises(ItemsFailedError, match=r"1 of 3 failed:\n .*1\.txt: FileNotFoundError"):
        map_items(file_digest, paths, "hashing")


def test_what_failed_stands_in_the_place_of_its_result(tmp_path: Path) -> None:
    paths = _files(tmp_path / "files", 3)
    paths[1].unlink()
    found = map_outcomes(file_digest, [(path,) for path in paths], WorkProgress("hashing", [1] * 3), ANYWHERE)
    assert isinstance(found[1], FileNotFoundError)
    assert [found[0], found[2]] == [file_digest(paths[0]), file_digest(paths[2])]


def _tasks(numbers: list[int], log: Path) -> list[Item]:
    return [Item(name=f"item{n}", source={"number": n}, arguments=(n, log)) for n in numbers]


def write_square(folder: Path, number: int, log: Path) -> None:
    if number < 0:
        raise ValueError(f"{number} is below 0")
    with log.open("a") as stream:
        stream.write(f"{number}\n")
    (folder / "square.txt").write_text(str(number * number))


write_square.__module__ = "pipeline.artifacts.hashing"  # the project code that the items' keys are made from


def test_finished_items_are_reused_and_one_added_item_costs_one(tmp_path: Path) -> None:
    log = tmp_path / "log"
    for turn, numbers in enumerate([[1, 2], [1, 2, 3], [3]]):
        output = tmp_path / f"out{turn}"
        output.mkdir()
        make_items("square", write_square, _tasks(numbers, log), output, "squaring")
        found = {path.name: (path / "square.txt").read_text() for path in output.iterdir()}
        assert found == {f"item{n}": str(n * n) for n in numbers}
    assert sorted(log.read_text().split()) == ["1", "2", "3"]


def test_the_largest_items_are_begun_first(tmp_path: Path) -> None:
    log, output = tmp_path / "log", tmp_path / "out"
    output.mkdir()
    tasks = [replace(task, work=work) for task, work in zip(_tasks([1, 2, 3], log), (5, 20, 10), strict=True)]
    make_items("square", write_square, tasks, output, "squaring")
    assert log.read_text().split() == ["2", "3", "1"]


def test_failures_stop_no_other_item_and_lose_nothing(tmp_path: Path) -> None:
    log, output = tmp_path / "log", tmp_path / "out"
    output.mkdir()
    with pytest.raises(ItemsFailedError, match=r"2 of 4 failed(.|\n)*item-1: ValueError: -1 is below 0(.|\n)*item-2"):
        make_items("square", write_square, _tasks([-1, 5, -2, 6], log), output, "squaring")
    make_items("square", write_square, _tasks([5, 6], log), output, "squaring")
    assert sorted(log.read_text().split()) == ["5", "6"]


def write_surroundings(folder: Path, log: Path) -> None:
    """Write the numbers of threads that libraries would use, and note the process."""
    np.ones((4, 4)) @ np.ones((4, 4))  # loads the library that multiplies
    numbers = sorted({pool["num_threads"] for pool in threadpool_info()})
    (folder / "threads.txt").write_text(str(numbers))
    with log.open("a") as stream:
        stream.write(f"{os.getpid()} ")


write_surroundings.__module__ = "pipeline.artifacts.hashing"


def test_one_worker_is_this_process_with_the_same_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    digests = {}
    with threadpool_limits(3):
        for workers in ("1", "2"):
            monkeypatch.setenv("MSN_WORKERS", workers)
            monkeypatch.setenv("MSN_WORK", str(tmp_path / f"work{workers}"))
            output, log = tmp_path / f"out{workers}", tmp_path / f"log{workers}"
            output.mkdir()
            tasks = [Item(f"item{n}", {"number": n}, (log,)) for n in range(3)]
            with monkeypatch.context() as patch:
                if workers == "1":
                    patch.setattr("pipeline.parallel.dask_cluster.LocalCluster", None)  # nothing is started
                make_items("threads", write_surroundings, tasks, output, "counting")
            assert (str(os.getpid()) in log.read_text().split()) == (workers == "1")
            digests[workers] = folder_digest(output)
        assert max(pool["num_threads"] for pool in threadpool_info()) == 3  # as it was
    assert (tmp_path / "out1/item0/threads.txt").read_text() == "[1]"
    assert digests["1"] == digests["2"]


def test_two_equal_items_are_made_once_and_fail_together(tmp_path: Path) -> None:
    log, output = tmp_path / "log", tmp_path / "out"
    output.mkdir()
    tasks = [replace(task, name=f"{task.name}-{copy}") for task in _tasks([-1, 7], log) for copy in "ab"]
    with pytest.raises(ItemsFailedError) as stopped:
        make_items("square", write_square, tasks, output, "squaring")
    reason = "ValueError: -1 is below 0"
    assert str(stopped.value).splitlines() == [
        "squaring: 2 of 4 failed; the others are finished and will not be redone:",
        f"  item-1-a: {reason}",
        f"  item-1-b: {reason}",
    ]
    make_items("square", write_square, tasks[2:], output, "squaring")
    assert log.read_text().split() == ["7"]
    assert sorted(path.name for path in output.iterdir()) == ["item7-a", "item7-b"]


def test_failures_are_told_by_the_stage_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Dask's workers are processes of their own, which write to the same terminal."""
    monkeypatch.setenv("MSN_WORKERS", "2")
    (tmp_path / "out").mkdir()
    with pytest.raises(ItemsFailedError, match="2 of 3 failed"):
        make_items("square", write_square, _tasks([-1, 5, -2], tmp_path / "log"), tmp_path / "out", "squaring")
    assert "is below 0" not in "".join(capfd.readouterr())


def write_to_the_end(folder: Path, number: int, log: Path) -> None:
    """Write one file; from number 2 on there is no room for it."""
    write_square(folder, number, log)
    if number >= 2:
        raise OSError(errno.ENOSPC, "No space left on device")


write_to_the_end.__module__ = "pipeline.artifacts.hashing"


@pytest.mark.parametrize("workers", [1, 2])
def test_a_full_disk_ends_all_and_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int) -> None:
    monkeypatch.setenv("MSN_WORKERS", str(workers))
    log, output = tmp_path / "log", tmp_path / "out"
    output.mkdir()
    tasks = [replace(task, work=40 - number) for number, task in enumerate(_tasks([1, -1, *range(2, 32)], log))]
    with pytest.raises(ItemsFailedError) as stopped:
        make_items("square", write_to_the_end, tasks, output, "squaring")
    about, *lines = str(stopped.value).splitlines()
    assert about == "squaring: stopped for want of room; 1 of 32 are finished and will not be redone:"
    assert lines[0] == "  item-1: ValueError: -1 is below 0"
    assert len(lines) == 2
    assert "DiskFullError" in lines[1]
    assert len(log.read_text().split()) <= (2 if workers == 1 else 2 + 2 * (2 * workers + 2))


def test_a_worker_that_holds_other_code_makes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log, output = tmp_path / "log", tmp_path / "out"
    output.mkdir()
    with (
        monkeypatch.context() as patch,
        pytest.raises(ItemsFailedError, match=r"item5: CodeMismatchError: .*start"),
    ):
        patch.setattr("pipeline.parallel.workers.loaded_code_hash", lambda module: "what it was yesterday")
        make_items("square", write_square, _tasks([5], log), output, "squaring")
    assert not log.exists()
    make_items("square", write_square, _tasks([5], log), output, "squaring")
    assert log.read_text().split() == ["5"]


@pytest.mark.parametrize("asked", ["0", "-1", "two", "1.5"])
def test_a_wrong_number_of_workers_is_refused(monkeypatch: pytest.MonkeyPatch, asked: str) -> None:
    monkeypatch.setenv("MSN_WORKERS", asked)
    with pytest.raises(ValueError, match=r"MSN_WORKERS is .* whole number from 1"):
        worker_count()


def test_a_folder_digest_follows_names_and_bytes(tmp_path: Path) -> None:
    _files(tmp_path / "a", 2)
    _files(tmp_path / "b", 2)
    assert folder_digest(tmp_path / "a") == folder_digest(tmp_path / "b")
    (tmp_path / "b" / "1.txt").write_text("content 2")
    assert folder_digest(tmp_path / "a") != folder_digest(tmp_path / "b")
    (tmp_path / "b" / "1.txt").write_text("content 1")
    (tmp_path / "b" / "1.txt").rename(tmp_path / "b" / "2.txt")
    assert folder_digest(tmp_path / "a") != folder_digest(tmp_path / "b")


def test_a_folder_that_is_not_there_has_no_digest(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError, match="nowhere"):
        folder_digest(tmp_path / "nowhere")
