"""Where jobs run: in this process, on a local cluster of processes, or on the cluster that Dask's configuration names.

The only importer of Dask. Jobs are many and independent, and hand back little: what they make lies in files.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any

import dask
from distributed import (
    CancelledError,
    Client,
    Future,
    KilledWorker,
    LocalCluster,
    TimeoutError,
    WorkerPlugin,
    get_worker,
    wait,
)
from distributed.comm import CommClosedError
from threadpoolctl import threadpool_limits

from pipeline.runtime.parent_death import end_with_parent

logger = logging.getLogger(__name__)
LOOK_EVERY = 5.0  # seconds after which workers that came or went are noticed


class NoSchedulerError(ConnectionError):
    """The scheduler that Dask's configuration names does not answer, or has gone."""


class WorkerDiedError(RuntimeError):
    """Every worker process that tried a job ended in the middle of it."""


class Placement:
    """Where a job may run and what is done there before it: anywhere, and nothing.

    Attributes:
        resources: what a job takes up of its worker (`dask worker --resources GPU=1`), on clusters that have such
            workers; elsewhere it is not asked for.
        most: how many processes of one machine it is good for; None where only its processors count.
    """

    resources: Mapping[str, float] = {}
    most: int | None = None

    def enter(self, worker: str) -> None:
        """Called before every job, in the process of the worker of this name."""


def scheduler_address() -> str | None:
    """The scheduler that Dask's configuration names (DASK_SCHEDULER_ADDRESS), or None."""
    address: str | None = dask.config.get("scheduler-address", None)
    return address


def run_jobs(
    function: Callable[..., Any],
    jobs: Sequence[tuple[Any, ...]],
    place: Placement,
    processes: int,
    fatal: type[Exception] | None = None,
) -> Iterator[tuple[int, Any | BaseException]]:
    """Call `function(*job)` for every job: in the workers of a named cluster, else here or in local workers.

    Where one process is enough it is this one: nothing is started, and a debugger sees the job.

    Args:
        function: stands at the top level of a module.
        jobs: the arguments of each call.
        place: where the calls may run.
        processes: how many work where no cluster is named.
        fatal: what a job may end with that ends all: no further one is begun, and only those already handed out end.

    Yields:
        (number of the job, its result or the exception it ended with), as they end.

    Raises:
        NoSchedulerError: where the scheduler does not answer, or goes away meanwhile.
    """
    if min(processes, len(jobs)) <= 1 and scheduler_address() is None:
        for number, job in enumerate(jobs):
            outcome = _here(place, function, *job)
            yield number, outcome
            if fatal and isinstance(outcome, fatal):
                return
        return
    with _client(min(processes, len(jobs))) as client:
        yield from _handed_out(client, function, jobs, place, fatal)


def _handed_out(
    client: Client,
    function: Callable[..., Any],
    jobs: Sequence[tuple[Any, ...]],
    place: Placement,
    fatal: type[Exception] | None,
) -> Iterator[tuple[int, Any | BaseException]]:
    """Hand jobs out to workers, a few at a time.

    When a worker dies, Dask suspects all jobs it was given, and gives up those suspected too often. Only one of them
    can be to blame: each is tried again at the end, with no other beside it.
    """
    waiting = deque(range(len(jobs)))
    suspects: deque[int] = deque()
    tried_alone: set[int] = set()
    running: dict[Future, int] = {}
    deserted = False
    while waiting or running or suspects:
        resources, slots = _offered(client, place.resources)
        if slots == 0 and not deserted:
            logger.warning("the Dask scheduler at %s has no workers: waiting for one", scheduler_address())
        deserted = slots == 0
        if not waiting and not running:
            waiting.append(suspects.popleft())
            tried_alone.add(waiting[0])
        while waiting and len(running) < 2 * slots + 2:  # more than there are slots: clusters grow with the demand
            number = waiting.popleft()
            job = client.submit(_in_worker, place, function, *jobs[number], pure=False, resources=resources)
            running[job] = number
        for future in _ended(running):
            number, outcome = running.pop(future), _outcome(future)
            if isinstance(outcome, WorkerDiedError) and number not in tried_alone:
                suspects.append(number)
                continue
            if fatal and isinstance(outcome, fatal):
                waiting.clear()
                suspects.clear()
            yield number, outcome


def _ended(running: Mapping[Future, int]) -> list[Future]:
    """The jobs that have ended, after waiting a while for one."""
    try:
        return list(wait(list(running), timeout=LOOK_EVERY, return_when="FIRST_COMPLETED").done)
    except TimeoutError:
        return []
    except CancelledError:
        raise _gone() from None


def _outcome(future: Future) -> Any | BaseException:
    """The result of a job that has ended, or the exception it ended with."""
    try:
        outcome = future.exception() if future.status == "error" else future.result()
    except (CancelledError, CommClosedError):
        raise _gone() from None
    future.release()
    if isinstance(outcome, KilledWorker):
        return WorkerDiedError(
            f"{outcome.allowed_failures + 1} worker processes ended in the middle of it, the last at "
            f"{outcome.last_worker.address}: memory may have run out, or a library crashed; see the worker's log"
        )
    return outcome


def _gone() -> NoSchedulerError:
    return NoSchedulerError(
        f"the Dask scheduler at {scheduler_address()} has gone, or forgot this run. What is finished stays in the "
        "store of finished work: start the scheduler and run again"
    )


def _offered(client: Client, wanted: Mapping[str, float]) -> tuple[Mapping[str, float], int]:
    """What a job asks of its worker (what is wanted, where any worker offers it), and how many can run at once."""
    workers = client.scheduler_info()["workers"].values()
    slots = [
        min(worker["nthreads"], *(int(worker["resources"].get(name, 0) / share) for name, share in wanted.items()))
        for worker in workers
        if wanted
    ]
    if any(slots):
        return wanted, sum(slots)
    return {}, sum(worker["nthreads"] for worker in workers)


def _here(place: Placement, function: Callable[..., Any], *job: Any) -> Any | Exception:
    """Do a job in this process: its result or the exception it ended with."""
    try:
        return _placed("0", place, function, *job)
    except Exception as error:
        return error


def _in_worker(place: Placement, function: Callable[..., Any], *job: Any) -> Any:
    """Do a job in a worker of a cluster."""
    return _placed(str(get_worker().name), place, function, *job)


def _placed(worker: str, place: Placement, function: Callable[..., Any], *job: Any) -> Any:
    """Do a job with one thread, wherever: other numbers of threads add up in another order, and give other bits."""
    place.enter(worker)
    with threadpool_limits(1):
        return function(*job)


@contextmanager
def _client(processes: int) -> Iterator[Client]:
    """A client of the cluster that Dask's configuration names, else of a local one that ends with the block."""
    for name in ("distributed", "distributed.client"):  # failures are reported by the caller, once
        logging.getLogger(name).setLevel(logging.CRITICAL)
    if address := scheduler_address():
        with _client_of(address) as client:
            yield client
        return
    with (
        TemporaryDirectory(prefix="msn-dask-", ignore_cleanup_errors=True) as scratch,  # Dask would leave its own
        dask.config.set(
            {
                "distributed.worker.daemon": True,
                "distributed.admin.log-format": "%(message)s",
                "temporary-directory": scratch,
            }
        ),
        LocalCluster(
            n_workers=processes,
            threads_per_worker=1,
            dashboard_address="localhost:0",  # any free port; with None the scheduler takes 8787, or warns
            memory_limit=0,  # jobs leave no results in memory to move out: a worker that Dask pauses would never go on
        ) as cluster,
        Client(cluster) as client,
    ):
        client.register_plugin(_LocalWorker())
        yield client


def _client_of(address: str) -> Client:
    """A client of the scheduler at `address`.

    Raises:
        NoSchedulerError: where nothing answers there within Dask's `distributed.comm.timeouts.connect`.
    """
    try:
        return Client(address)
    except (OSError, ValueError) as error:
        raise NoSchedulerError(
            f"no Dask scheduler answers at {address!r} ({error}); start one there, or correct or unset "
            "DASK_SCHEDULER_ADDRESS (scheduler-address in Dask's configuration)"
        ) from None


class _LocalWorker(WorkerPlugin):
    """A worker process that ends with the stage that started it, and leaves it to the stage to tell of failures.

    So a killed run leaves no writer behind, and a failure is named once, by its item and with its reason.
    """

    def setup(self, worker: Any) -> None:
        end_with_parent()
        logging.getLogger("distributed.worker").addFilter(lambda record: "Compute Failed" not in str(record.msg))
