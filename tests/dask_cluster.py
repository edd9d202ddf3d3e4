"""A Dask scheduler and workers in separate processes, as on a cluster; all are killed at the end of the block."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
Process = subprocess.Popen[bytes]


@dataclass
class DaskCluster:
    """A running scheduler.

    Attributes:
        folder: gets the logs and the workers' own files.
        address: of the scheduler.
        processes: the scheduler and the workers by name, each the leader of a process group.
    """

    folder: Path
    address: str = ""
    processes: dict[str, Process] = field(default_factory=dict)

    def start_worker(self, name: str, *options: str) -> None:
        """Start a worker with one thread, and wait until it is registered with the scheduler."""
        command = ("worker", self.address, "--name", name, "--nthreads", "1", "--host", "127.0.0.1", *options)
        self._start(name, *command, "--local-directory", str(self.folder / f"{name}-files"))
        wait_until(lambda: "Registered to" in self.log(name), lambda: self.log(name))

    def start_scheduler(self) -> None:
        """Start the scheduler on a free port, and wait until it can be reached."""
        address_file = self.folder / "scheduler.json"
        options = ("--host", "127.0.0.1", "--port", "0", "--dashboard-address", "127.0.0.1:0")
        self._start("scheduler", "scheduler", *options, "--scheduler-file", str(address_file))
        wait_until(lambda: address_file.is_file() and bool(address_file.read_text()), lambda: self.log("scheduler"))
        self.address = json.loads(address_file.read_text())["address"]

    def kill(self, name: str) -> None:
        """Kill a process and all its children, as if their machine were lost."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def log(self, name: str) -> str:
        """Return the output of a process so far."""
        return (self.folder / f"{name}.log").read_text()

    def _start(self, name: str, *command: str) -> None:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        with (self.folder / f"{name}.log").open("wb") as log:
            self.processes[name] = subprocess.Popen(
                [str(Path(sys.executable).parent / "dask"), *command],
                cwd=self.folder,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )


@contextmanager
def dask_cluster(folder: Path) -> Iterator[DaskCluster]:
    """Start a scheduler without workers; at the end of the block, kill it and all workers."""
    folder.mkdir()
    cluster = DaskCluster(folder)
    try:
        cluster.start_scheduler()
        yield cluster
    finally:
        for name in list(cluster.processes):
            cluster.kill(name)


def wait_until(condition: Callable[[], bool], message: Callable[[], str], seconds: float = 120) -> None:
    """Wait until `condition` is true; after `seconds`, fail with what `message` returns."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, message()
        time.sleep(0.05)
