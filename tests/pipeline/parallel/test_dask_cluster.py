"""Work on a scheduler and workers that are processes of their own: some of them die, some have GPUs."""

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import dask
import pytest

from pipeline.artifacts.hashing import folder_digest
from pipeline.items import Item, make_items
from pipeline.parallel.dask_cluster import NoSchedulerError, Placement
from pipeline.runtime.errors import ItemsFailedError
from tests.dask_cluster import DaskCluster, dask_cluster, wait_until


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[DaskCluster]:
    """A scheduler without workers, which Dask's configuration names."""
    with dask_cluster(tmp_path / "dask") as started, dask.config.set({"scheduler-address": started.address}):
        yield started


def write_slowly(folder: Path, number: int, log: Path) -> None:
    """Write one file, but first note who writes, and wait as long as the file `hold` of the log's folder is there."""
    (log / f"begun-{number}-{os.getpid()}").touch()
    while (log / f"hold-{number}").exists():
        time.sleep(0.02)
    (folder / "square.txt").write_text(str(number * number))


def write_or_die(folder: Path, number: int, log: Path) -> None:
    """Write one file; end the process that should write number 1."""
    if number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    write_slowly(folder, number, log)


for maker in (write_slowly, write_or_die):  # the project code that the items' keys are made from
    maker.__module__ = "pipeline.artifacts.hashing"


class OnGPU(Placement):
    """Asks for a GPU, and notes the name of the worker that an item is made in."""

    resources = {"GPU": 1}  # noqa: RUF012  as in the class it refines

    def __init__(self, log: Path) -> None:
        self.log = log

    def enter(self, worker: str) -> None:
        with (self.log / "workers").open("a") as stream:
            stream.write(f"{worker}\n")


def _tasks(count: int, log: Path) -> list[Item]:
    log.mkdir(exist_ok=True)
    return [Item(f"item{n}", {"number": n}, (n, log)) for n in range(count)]


def _output(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_a_killed_worker_costs_only_what_it_was_making(
    tmp_path: Path, cluster: DaskCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "log"
    tasks = _tasks(12, log)
    for number in range(12):
        (log / f"hold-{number}").touch()
    cluster.start_worker("lost", "--no-nanny")
    lost = cluster.processes["lost"].pid

    def kill_one_midway() -> None:
        wait_until(lambda: any(log.glob(f"begun-*-{lost}")), lambda: "the first worker was given nothing")
        number = next(log.glob(f"begun-*-{lost}")).name.split("-")[1]
        cluster.start_worker("kept")
        for hold in log.glob("hold-*"):
            if hold.name != f"hold-{number}":
                hold.unlink()
        wait_until(lambda: len(list(log.glob("begun-*"))) >= 4, lambda: "the second worker was given nothing")
        cluster.kill("lost")
        (log / f"hold-{number}").unlink()

    killer = threading.Thread(target=kill_one_midway)
    killer.start()
    make_items("square", write_slowly, tasks, _output(tmp_path / "there"), "squaring")
    killer.join()
    begun = sorted(int(path.name.split("-")[1]) for path in log.glob("begun-*"))
    assert len(begun) == 13  # all twelve, and one of them twice
    assert sorted(set(begun)) == list(range(12))

    monkeypatch.setenv("MSN_WORK", str(tmp_path / "another"))
    with dask.config.set({"scheduler-address": None}):
        make_items("square", write_slowly, tasks, _output(tmp_path / "here"), "squaring")
    assert len(list(log.glob("begun-*"))) == 25  # made again, in a store of its own
    assert folder_digest(tmp_path / "there") == folder_digest(tmp_path / "here")


def test_an_item_that_kills_its_workers_is_named_and_the_others_are_made(tmp_path: Path, cluster: DaskCluster) -> None:
    cluster.start_worker("first")  # its nanny starts it again
    tasks = _tasks(3, tmp_path / "log")
    with pytest.raises(ItemsFailedError, match=r"1 of 3 failed(.|\n)*item1: WorkerDiedError: 4 worker processes ended"):
        make_items("square", write_or_die, tasks, _output(tmp_path / "out"), "squaring")
    make_items("square", write_or_die, [tasks[0], tasks[2]], tmp_path / "out", "squaring")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["item0", "item2"]


def test_a_gpu_is_asked_for_where_workers_offer_one(tmp_path: Path, cluster: DaskCluster) -> None:
    log = tmp_path / "log"
    cluster.start_worker("without")
    make_items("square", write_slowly, _tasks(2, log), _output(tmp_path / "first"), "squaring", placement=OnGPU(log))
    assert (log / "workers").read_text().split() == ["without"] * 2
    cluster.start_worker("with", "--resources", "GPU=1")
    make_items("square", write_slowly, _tasks(8, log), _output(tmp_path / "second"), "squaring", placement=OnGPU(log))
    assert (log / "workers").read_text().split() == ["without"] * 2 + ["with"] * 6


def test_a_cluster_without_workers_is_waited_for(
    tmp_path: Path, cluster: DaskCluster, caplog: pytest.LogCaptureFixture
) -> None:
    def start_late() -> None:
        wait_until(lambda: "has no workers: waiting for one" in caplog.text, lambda: caplog.text)
        cluster.start_worker("late")

    late = threading.Thread(target=start_late)
    late.start()
    make_items("square", write_slowly, _tasks(1, tmp_path / "log"), _output(tmp_path / "out"), "squaring")
    late.join()
    assert caplog.text.count("has no workers") == 1


def test_a_wrong_address_is_named(tmp_path: Path) -> None:
    settings = {"scheduler-address": "tcp://127.0.0.1:9", "distributed.comm.timeouts.connect": "1s"}
    with dask.config.set(settings), pytest.raises(NoSchedulerError, match=r"127\.0\.0\.1:9(.|\n)*SCHEDULER_ADDRESS"):
        make_items("square", write_slowly, _tasks(2, tmp_path / "log"), _output(tmp_path / "out"), "squaring")


def test_a_scheduler_that_dies_ends_the_stage_with_its_name(tmp_path: Path, cluster: DaskCluster) -> None:
    log = tmp_path / "log"
    tasks = _tasks(2, log)
    (log / "hold-1").touch()
    cluster.start_worker("only")

    def kill_midway() -> None:
        wait_until(lambda: any(log.glob("begun-1-*")), lambda: "the second item was not begun")
        cluster.kill("scheduler")

    killer = threading.Thread(target=kill_midway)
    killer.start()
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "2s"}),
        pytest.raises(NoSchedulerError, match=rf"{cluster.address} has gone"),
    ):
        make_items("square", write_slowly, tasks, _output(tmp_path / "out"), "squaring")
    killer.join()


@pytest.mark.filterwarnings("error:Port .* is already in use")
def test_a_local_cluster_does_not_want_the_port_of_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSN_WORKERS", "2")  # with one there is no cluster
    with socket.socket() as taken:
        with suppress(OSError):  # somebody has it
            taken.bind(("127.0.0.1", 8787))
            taken.listen()
        make_items("square", write_slowly, _tasks(2, tmp_path / "log"), _output(tmp_path / "out"), "squaring")
    assert (tmp_path / "out/item0/square.txt").read_text() == "0"
