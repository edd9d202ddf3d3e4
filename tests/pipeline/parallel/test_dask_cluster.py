"""Jobs on a Dask cluster of separate processes: workers that die, workers with GPUs, a scheduler that stops."""

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
from pipeline.runtime.output_checksums import item_folders
from tests.dask_cluster import DaskCluster, dask_cluster, wait_until


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[DaskCluster]:
    """A scheduler without workers; Dask's configuration names it."""
    with dask_cluster(tmp_path / "dask") as cluster, dask.config.set({"scheduler-address": cluster.address}):
        yield cluster


def write_slowly(folder: Path, number: int, log: Path) -> None:
    """Log number and process, wait while the file `hold-<number>` exists in the log folder, then write one file."""
    (log / f"started-{number}-{os.getpid()}").touch()
    while (log / f"hold-{number}").exists():
        time.sleep(0.02)
    (folder / "square.txt").write_text(str(number * number))


def write_or_die(folder: Path, number: int, log: Path) -> None:
    """Write one file; for number 1, kill the process instead."""
    if number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    write_slowly(folder, number, log)


for function in (write_slowly, write_or_die):  # keys of items hash this module's code, which must be project code
    function.__module__ = "pipeline.artifacts.hashing"


class OnGPU(Placement):
    """Requires a GPU, and logs the name of the worker of each item."""

    resources = {"GPU": 1}  # noqa: RUF012  as in the base class

    def __init__(self, log: Path) -> None:
        self.log = log

    def enter(self, worker: str) -> None:
        with (self.log / "workers").open("a") as stream:
            stream.write(f"{worker}\n")


def _items(count: int, log: Path) -> list[Item]:
    log.mkdir(exist_ok=True)
    return [Item(f"item{n}", {"number": n}, (n, log)) for n in range(count)]


def _new_folder(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_a_killed_worker_costs_only_its_unfinished_item(
    tmp_path: Path, cluster: DaskCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "log"
    items = _items(12, log)
    for number in range(12):
        (log / f"hold-{number}").touch()
    cluster.start_worker("lost", "--no-nanny")
    lost_pid = cluster.processes["lost"].pid

    def kill_first_worker() -> None:
        wait_until(lambda: any(log.glob(f"started-*-{lost_pid}")), lambda: "the first worker got no job")
        number = next(log.glob(f"started-*-{lost_pid}")).name.split("-")[1]
        cluster.start_worker("surviving")
        for hold in log.glob("hold-*"):
            if hold.name != f"hold-{number}":
                hold.unlink()
        wait_until(lambda: len(list(log.glob("started-*"))) >= 4, lambda: "the second worker got no job")
        cluster.kill("lost")
        (log / f"hold-{number}").unlink()

    killer = threading.Thread(target=kill_first_worker)
    killer.start()
    make_items("square", write_slowly, items, _new_folder(tmp_path / "cluster"), "squaring")
    killer.join()
    numbers = sorted(int(path.name.split("-")[1]) for path in log.glob("started-*"))
    assert len(numbers) == 13  # all twelve, and one of them twice
    assert sorted(set(numbers)) == list(range(12))

    monkeypatch.setenv("MSN_WORK", str(tmp_path / "another"))
    with dask.config.set({"scheduler-address": None}):
        make_items("square", write_slowly, items, _new_folder(tmp_path / "local"), "squaring")
    assert len(list(log.glob("started-*"))) == 25  # made again, in another store
    assert folder_digest(tmp_path / "cluster") == folder_digest(tmp_path / "local")


def test_an_item_that_kills_its_workers_is_named_and_the_others_are_made(tmp_path: Path, cluster: DaskCluster) -> None:
    cluster.start_worker("first")  # its nanny restarts it
    items = _items(3, tmp_path / "log")
    with pytest.raises(ItemsFailedError, match=r"1 of 3 failed(.|\n)*item1: WorkerDiedError: 4 worker processes ended"):
        make_items("square", write_or_die, items, _new_folder(tmp_path / "out"), "squaring")
    make_items("square", write_or_die, [items[0], items[2]], tmp_path / "out", "squaring")
    assert [path.name for path in item_folders(tmp_path / "out")] == ["item0", "item2"]


def test_a_gpu_is_required_if_a_worker_offers_one(tmp_path: Path, cluster: DaskCluster) -> None:
    log = tmp_path / "log"
    cluster.start_worker("without-gpu")
    make_items(
        "square", write_slowly, _items(2, log), _new_folder(tmp_path / "first"), "squaring", placement=OnGPU(log)
    )
    assert (log / "workers").read_text().split() == ["without-gpu"] * 2
    cluster.start_worker("with-gpu", "--resources", "GPU=1")
    make_items(
        "square", write_slowly, _items(8, log), _new_folder(tmp_path / "second"), "squaring", placement=OnGPU(log)
    )
    assert (log / "workers").read_text().split() == ["without-gpu"] * 2 + ["with-gpu"] * 6


def test_a_stage_waits_for_the_first_worker_of_a_cluster(
    tmp_path: Path, cluster: DaskCluster, caplog: pytest.LogCaptureFixture
) -> None:
    def start_late() -> None:
        wait_until(lambda: "has no workers: waiting for one" in caplog.text, lambda: caplog.text)
        cluster.start_worker("late")

    starter = threading.Thread(target=start_late)
    starter.start()
    make_items("square", write_slowly, _items(1, tmp_path / "log"), _new_folder(tmp_path / "out"), "squaring")
    starter.join()
    assert caplog.text.count("has no workers") == 1


def test_the_error_for_a_wrong_address_names_it(tmp_path: Path) -> None:
    settings = {"scheduler-address": "tcp://127.0.0.1:9", "distributed.comm.timeouts.connect": "1s"}
    with dask.config.set(settings), pytest.raises(NoSchedulerError, match=r"127\.0\.0\.1:9(.|\n)*SCHEDULER_ADDRESS"):
        make_items("square", write_slowly, _items(2, tmp_path / "log"), _new_folder(tmp_path / "out"), "squaring")


def test_if_the_scheduler_dies_the_error_names_it(tmp_path: Path, cluster: DaskCluster) -> None:
    log = tmp_path / "log"
    items = _items(2, log)
    (log / "hold-1").touch()
    cluster.start_worker("only")

    def kill_scheduler() -> None:
        wait_until(lambda: any(log.glob("started-1-*")), lambda: "the second item was not started")
        cluster.kill("scheduler")

    killer = threading.Thread(target=kill_scheduler)
    killer.start()
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "2s"}),
        pytest.raises(NoSchedulerError, match=rf"{cluster.address} has gone"),
    ):
        make_items("square", write_slowly, items, _new_folder(tmp_path / "out"), "squaring")
    killer.join()


@pytest.mark.filterwarnings("error:Port .* is already in use")
def test_a_local_cluster_does_not_use_the_default_port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSN_WORKERS", "2")  # with one worker there is no cluster
    with socket.socket() as server:
        with suppress(OSError):  # the port is taken already
            server.bind(("127.0.0.1", 8787))
            server.listen()
        make_items("square", write_slowly, _items(2, tmp_path / "log"), _new_folder(tmp_path / "out"), "squaring")
    assert (tmp_path / "out/item0/square.txt").read_text() == "0"
