"""A Dask cluster on this machine that admits nobody else: all connections need its certificate, and HTTP is not served.

Whoever can connect to a scheduler, nanny or worker can run code as its user, and the ports of a machine are open to all
its accounts. Each cluster makes its own certificate and key. Workers receive them through a pipe, not in arguments or
environment variables; while a process loads them, they lie in a folder that only the user can read.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any

import dask
from distributed import Client, Nanny, Scheduler, Security, SpecCluster, Worker, WorkerPlugin

from pipeline.runtime.parent_death import end_with_parent


@contextmanager
def local_client(processes: int) -> Iterator[Client]:
    """Yield a client of a cluster of `processes` worker processes with one thread each; all end with the block."""
    security = Security.temporary()
    address = {"host": "127.0.0.1", "protocol": "tls://", "security": security}
    worker = {
        "nthreads": 1,
        "worker_class": _WorkerWithoutHTTP,
        "silence_logs": logging.WARNING,
        "memory_limit": 0,  # jobs keep no results in memory that could be spilled: a paused worker would never resume
    }
    with (
        TemporaryDirectory(prefix="msn-dask-", ignore_cleanup_errors=True) as scratch,  # Dask would not remove its own
        dask.config.set(
            {
                "distributed.worker.daemon": True,
                "distributed.admin.log-format": "%(message)s",
                "temporary-directory": scratch,
            }
        ),
        SpecCluster(
            scheduler={"cls": _SchedulerWithoutHTTP, "options": {**address, "port": 0, "dashboard": False}},
            workers={number: {"cls": Nanny, "options": {**address, **worker}} for number in range(processes)},
            security=security,
            silence_logs=logging.WARNING,
        ) as cluster,
        Client(cluster) as client,
    ):
        client.register_plugin(_LocalWorker())
        yield client


class _WithoutHTTP:
    """Opens no HTTP port. Dask opens one in every scheduler and worker, and its configuration cannot prevent that."""

    def start_http_server(self, *_: Any, **__: Any) -> None:
        """Start nothing."""


class _SchedulerWithoutHTTP(_WithoutHTTP, Scheduler):
    pass


class _WorkerWithoutHTTP(_WithoutHTTP, Worker):
    pass


class _LocalWorker(WorkerPlugin):
    """A worker process that ends with the stage that started it and does not log the failures of its jobs.

    So a killed run leaves no process that still writes, and the stage reports each failure once, with its item and
    its reason.
    """

    def setup(self, worker: Any) -> None:
        end_with_parent()
        logging.getLogger("distributed.worker").addFilter(lambda record: "Compute Failed" not in str(record.msg))
