"""Work through many independent items with Dask: a local cluster of processes, or the one its configuration names."""

import ctypes
import logging
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dask
from distributed import Client, LocalCluster, WorkerPlugin, as_completed
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from pipeline.work.finished import FinishedWork

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Task:
    """One item to make.

    Attributes:
        name: its folder in the output.
        source: all that shapes it but the code: content hashes and parameters, as JSON values.
        arguments: what the function gets after the folder to fill.
    """

    name: str
    source: Mapping[str, Any]
    arguments: tuple[Any, ...]


class WorkFailedError(RuntimeError):
    """Some items could not be made; the message names each. The others are finished and stay in the store."""


def worker_count() -> int:
    """How many workers: MSN_WORKERS, else the processors this process may use.

    Raises:
        ValueError: where MSN_WORKERS is not a whole number from 1.
    """
    asked = os.environ.get("MSN_WORKERS")
    if not asked:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not asked.isdecimal() or int(asked) < 1:
        raise ValueError(f"MSN_WORKERS is {asked!r}; allowed: a whole number from 1")
    return int(asked)


def make_all(kind: str, function: Callable[..., None], tasks: Sequence[Task], output: Path, label: str) -> None:
    """Make every task's item, or find it in the store of finished work, and link it to `output`/name.

    Args:
        kind: the kind of item, which names its part of the store.
        function: called as `function(folder, *task.arguments)` in a worker; fills `folder` and nothing else. It is
            deterministic and stands at the top level of a library module.
        tasks: what to make; names are unique.
        output: an existing folder.
        label: what the progress bar says.

    Raises:
        WorkFailedError: after all other items are finished, naming each that is not and why.
    """
    store = FinishedWork(kind)
    store.sweep()
    keys = [store.key(task.source, function) for task in tasks]
    waiting = {key: task for key, task in zip(keys, tasks, strict=True) if store.find(key) is None}
    if reused := len(tasks) - len(waiting):
        logger.info("%s: %d of %d were finished before", label, reused, len(tasks))
    jobs = [(kind, store.folder.parent, key, function, task.arguments) for key, task in waiting.items()]
    failures = []
    for number, outcome in _run(_make, jobs, label):
        if isinstance(outcome, BaseException):
            failures.append(f"  {list(waiting.values())[number].name}: {_reason(outcome)}")
    if failures:
        raise WorkFailedError(
            f"{label}: {len(failures)} of {len(tasks)} failed; the others are finished and will not be redone:\n"
            + "\n".join(sorted(failures))
        )
    for key, task in zip(keys, tasks, strict=True):
        store.deliver(key, output / task.name)


def map_items(function: Callable[..., Any], items: Sequence[Any], label: str) -> list[Any]:
    """Call `function(item)` for every item in the workers; results come back in the order of `items`.

    Raises:
        WorkFailedError: after all others are done, naming each item that failed and why.
    """
    outcomes: dict[int, Any] = dict(_run(function, [(item,) for item in items], label))
    failures = [f"  {items[i]}: {_reason(outcomes[i])}" for i in sorted(outcomes) if _failed(outcomes[i])]
    if failures:
        raise WorkFailedError(f"{label}: {len(failures)} of {len(items)} failed:\n" + "\n".join(failures))
    return [outcomes[i] for i in range(len(items))]


def _run(function: Callable[..., Any], jobs: Sequence[tuple[Any, ...]], label: str) -> Iterator[tuple[int, Any]]:
    """Yield (number of the job, its result or the exception it ended with) as the jobs end."""
    if not jobs:
        return
    with _client(len(jobs)) as client, _progress() as progress:
        bar = progress.add_task(label, total=len(jobs))
        futures = {client.submit(function, *job, pure=False): number for number, job in enumerate(jobs)}
        for future in as_completed(list(futures)):
            outcome = future.exception() if future.status == "error" else future.result()
            future.release()
            progress.advance(bar)
            yield futures[future], outcome


@contextmanager
def _client(jobs: int) -> Iterator[Client]:
    """A client of the cluster that Dask's configuration names, else of a local one that ends with the block."""
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # failures are reported by `make_all`, once
    if address := dask.config.get("scheduler-address", None):
        with Client(address) as client:
            yield client
        return
    count = min(worker_count(), jobs)
    with (
        dask.config.set({"distributed.worker.daemon": True, "distributed.admin.log-format": "%(message)s"}),
        LocalCluster(n_workers=count, threads_per_worker=1, processes=count > 1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        if count > 1:
            client.register_plugin(_EndWithParent())
        yield client


class _EndWithParent(WorkerPlugin):
    """Have a worker process killed with the stage that started it, so that a killed run leaves no writer behind."""

    def setup(self, worker: Any) -> None:
        end_with_parent()


def end_with_parent() -> None:
    """Ask the kernel to kill this process when the one that started it ends (Linux; elsewhere nothing happens)."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


def _make(kind: str, root: Path, key: str, function: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    FinishedWork(kind, root).make(key, lambda folder: function(folder, *arguments))


def _failed(outcome: Any) -> bool:
    return isinstance(outcome, BaseException)


def _reason(error: BaseException) -> str:
    """What to tell of a failure: the message of an error meant for people, else where it happened as well."""
    text = f"{type(error).__name__}: {error}"
    if isinstance(error, ValueError | OSError):
        return text
    frames = traceback.extract_tb(error.__traceback__)
    return text + (f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else "")


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True))
