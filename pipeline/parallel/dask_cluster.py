"""Runs jobs in this process, on a local Dask cluster, or on the cluster that Dask's configuration names.

Jobs are many and independent, and return little: they write their results to files.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import dask
from distributed import (
    CancelledError,
    Client,
    Future,
    KilledWorker,
    Security,
    TimeoutError,
    get_worker,
    wait,
)
from distributed.comm import CommClosedError
from threadpoolctl import threadpool_limits

from pipeline.parallel.local_cluster import local_client

logger = logging.getLogger(__name__)
POLL_INTERVAL = 5.0  # seconds between two checks for workers that have joined or left


class NoSchedulerError(ConnectionError):
    """The scheduler that Dask's configuration names does not respond, or has stopped."""


class WorkerDiedError(RuntimeError):
    """Every worker process that tried a job died while it ran."""


class Placement:
    """Where jobs may run, and what a worker does before each; by default they run anywhere and nothing is done.

    Attributes:
        resources: the amount of each worker resource that a job uses (`dask worker --resources GPU=1`). It is
            required only if the cluster has workers that offer it.
        max_processes: the most processes per machine; None if only the number of processors counts.
    """

    resources: Mapping[str, float] = {}
    max_processes: int | None = None

    def enter(self, worker: str) -> None:
        """Prepare the process of the worker with this name; called before every job."""


def scheduler_address() -> str | None:
    """Return the address of the scheduler that Dask's configuration names (DASK_SCHEDULER_ADDRESS), or None."""
    address: str | None = dask.config.get("scheduler-address", None)
    return address


def run_jobs(
    function: Callable[..., Any],
    jobs: Sequence[tuple[Any, ...]],
    placement: Placement,
    processes: int,
    fatal: type[Exception] | None = None,
) -> Iterator[tuple[int, Any | BaseException]]:
    """Call `function(*job)` for every job: on the configured cluster if there is one, else here or in local workers.

    If one process is enough, the jobs run in this process: no cluster is started, and a debugger reaches them.

    Args:
        function: defined at the top level of a module.
        jobs: the arguments of each call.
        placement: where the calls may run.
        processes: the number of local workers, if no cluster is configured.
        fatal: the exception after which no further job is started; jobs already submitted still finish.

    Yields:
        (number of the job, its result or the exception that it raised), in the order in which the jobs end.

    Raises:
        NoSchedulerError: if the scheduler does not respond, or stops meanwhile.
    """
    if min(processes, len(jobs)) <= 1 and scheduler_address() is None:
        for number, job in enumerate(jobs):
            outcome = _run_here(placement, function, *job)
            yield number, outcome
            if fatal and isinstance(outcome, fatal):
                return
        return
    with _client(min(processes, len(jobs))) as client:
        yield from _run_on_cluster(client, function, jobs, placement, fatal)


def _run_on_cluster(
    client: Client,
    function: Callable[..., Any],
    jobs: Sequence[tuple[Any, ...]],
    placement: Placement,
    fatal: type[Exception] | None,
) -> Iterator[tuple[int, Any | BaseException]]:
    """Submit jobs to workers, a few at a time.

    When a worker dies, Dask suspects all jobs that it had, and gives up those suspected too often. Only one of them
    can be to blame: each is tried again at the end, with no other beside it.
    """
    waiting = deque(range(len(jobs)))
    suspects: deque[int] = deque()
    tried_alone: set[int] = set()
    running: dict[Future, int] = {}
    deserted = False
    while waiting or running or suspects:
        resources, slots = _available_slots(client, placement.resources)
        if slots == 0 and not deserted:
            logger.warning("the Dask scheduler at %s has no workers: waiting for one", scheduler_address())
        deserted = slots == 0
        if not waiting and not running:
            waiting.append(suspects.popleft())
            tried_alone.add(waiting[0])
        while waiting and len(running) < 2 * slots + 2:  # more than there are slots: clusters grow with the demand
            number = waiting.popleft()
            job = client.submit(_run_in_worker, placement, function, *jobs[number], pure=False, resources=resources)
            running[job] = number
        for future in _wait_for_jobs(running):
            number, outcome = running.pop(future), _outcome(future)
            if isinstance(outcome, WorkerDiedError) and number not in tried_alone:
                suspects.append(number)
                continue
            if fatal and isinstance(outcome, fatal):
                waiting.clear()
                suspects.clear()
            yield number, outcome


def _wait_for_jobs(running: Mapping[Future, int]) -> list[Future]:
    """Wait until a job ends, for at most `POLL_INTERVAL`, and return the jobs that have ended."""
    try:
        return list(wait(list(running), timeout=POLL_INTERVAL, return_when="FIRST_COMPLETED").done)
    except TimeoutError:
        return []
    except CancelledError:
        raise _scheduler_stopped() from None


def _outcome(future: Future) -> Any | BaseException:
    """Return the result of a job that has ended, or the exception that it raised."""
    try:
        outcome = future.exception() if future.status == "error" else future.result()
    except (CancelledError, CommClosedError):
        raise _scheduler_stopped() from None
    future.release()
    if isinstance(outcome, KilledWorker):
        return WorkerDiedError(
            f"{outcome.allowed_failures + 1} worker processes ended in the middle of it, the last at "
            f"{outcome.last_worker.address}: memory may have run out, or a library crashed; see the worker's log"
        )
    return outcome


def _scheduler_stopped() -> NoSchedulerError:
    return NoSchedulerError(
        f"the Dask scheduler at {scheduler_address()} has gone, or lost this run. Finished items stay in the "
        "artifact store: start the scheduler and run again"
    )


def _available_slots(client: Client, required: Mapping[str, float]) -> tuple[Mapping[str, float], int]:
    """Return the resources to require of a worker, and the number of jobs that can run at once.

    If no worker offers the `required` resources, none are required.
    """
    workers = client.scheduler_info()["workers"].values()
    slots = [
        min(worker["nthreads"], *(int(worker["resources"].get(name, 0) / share) for name, share in required.items()))
        for worker in workers
        if required
    ]
    if any(slots):
        return required, sum(slots)
    return {}, sum(worker["nthreads"] for worker in workers)


def _run_here(placement: Placement, function: Callable[..., Any], *job: Any) -> Any | Exception:
    """Run a job in this process; return its result or the exception that it raised."""
    try:
        return _run("0", placement, function, *job)
    except Exception as error:
        return error


def _run_in_worker(placement: Placement, function: Callable[..., Any], *job: Any) -> Any:
    """Run a job in a worker of a cluster."""
    return _run(str(get_worker().name), placement, function, *job)


def _run(worker: str, placement: Placement, function: Callable[..., Any], *job: Any) -> Any:
    """Run a job with one thread: with other numbers of threads, sums have another order and thus other last bits."""
    placement.enter(worker)
    with threadpool_limits(1):
        return function(*job)


@contextmanager
def _client(processes: int) -> Iterator[Client]:
    """Yield a client of the cluster that Dask's configuration names, or of a local one that ends with the block."""
    for name in ("distributed", "distributed.client"):  # failures are reported by the caller, once
        logging.getLogger(name).setLevel(logging.CRITICAL)
    if address := scheduler_address():
        with _connect(address) as client:
            yield client
        return
    with local_client(processes) as client:
        yield client


def _connect(address: str) -> Client:
    """Return a client of the scheduler at `address`; warn if anybody who reaches it could run code.

    Raises:
        NoSchedulerError: if nothing responds there within Dask's `distributed.comm.timeouts.connect`, or only to the
            holders of another certificate.
    """
    try:
        client = Client(address, security=_client_security(address))
    except (OSError, ValueError) as error:
        raise NoSchedulerError(
            f"no Dask scheduler answers at {address!r} ({error}); start one there, or correct or unset "
            "DASK_SCHEDULER_ADDRESS (scheduler-address in Dask's configuration)"
        ) from None
    if not address.startswith("tls://"):
        logger.warning(
            "the Dask cluster at %s has no TLS: any account that reaches it can run code as you; "
            "see docs/how-to/cluster.md",
            address,
        )
    return client


def _client_security(address: str) -> Security:
    """Return the configured certificate of clients; Dask itself never closes a client that lacks one.

    Raises:
        OSError: if its files cannot be read.
        ValueError: if the address and the configuration disagree on TLS.
    """
    security = Security()
    certificate = security.get_connection_args("client")["ssl_context"]
    encrypted = address.startswith("tls://")
    if encrypted and certificate is None:
        raise ValueError(
            "Dask's configuration names no certificate: distributed.comm.tls.ca-file and client.cert, see "
            "docs/how-to/cluster.md"
        )
    if security.require_encryption and not encrypted:
        raise ValueError("distributed.comm.require-encryption is set, and the address does not begin with tls://")
    return security
