"""Function calls in worker processes; a failure is reported after all other calls have finished."""

import platform
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pipeline.parallel.dask_cluster import Placement, run_jobs
from pipeline.parallel.progress import WorkProgress, show_progress
from pipeline.parallel.worker_count import worker_count
from pipeline.runtime.errors import ItemsFailedError
from pipeline.runtime.project_code import code_hash, loaded_code_hash

ANYWHERE = Placement()


class CodeMismatchError(ValueError):
    """A worker has loaded other code than the stage that sends it work."""


def map_items(function: Callable[..., Any], items: Sequence[Any], label: str, *shared: Any) -> list[Any]:
    """Call `function(*shared, item)` for every item in the workers; results are in the order of `items`.

    Paths must be absolute, because workers may run in another folder.

    Raises:
        ItemsFailedError: after all other calls have finished, naming each item that failed and why.
    """
    outcomes = map_outcomes(
        function, [(item,) for item in items], WorkProgress(label, [1] * len(items)), ANYWHERE, *shared
    )
    pairs = zip(items, outcomes, strict=True)
    if failures := [f"  {item}: {describe_error(outcome)}" for item, outcome in pairs if is_failure(outcome)]:
        raise ItemsFailedError(f"{label}: {len(failures)} of {len(items)} failed:\n" + "\n".join(failures))
    return outcomes


def map_outcomes(
    function: Callable[..., Any],
    calls: Sequence[tuple[Any, ...]],
    progress: WorkProgress,
    placement: Placement,
    *shared: Any,
) -> list[Any]:
    """Call `function(*shared, *call)` for every call in the workers.

    Returns:
        The result of each call, or the exception that it raised, in the order of `calls`.
    """
    code = code_hash(function.__module__)
    jobs = [(code, function, *shared, *call) for call in calls]
    outcomes = dict(run_with_progress(call_checked, jobs, progress, placement))
    return [outcomes[number] for number in range(len(calls))]


def run_with_progress(
    function: Callable[..., Any],
    jobs: Sequence[tuple[Any, ...]],
    progress: WorkProgress,
    placement: Placement,
    fatal: type[Exception] | None = None,
) -> Iterator[tuple[int, Any]]:
    """Call `function(*job)` for every job in the workers and show the progress; see `run_jobs`.

    Yields:
        (number of the job, its result or the exception that it raised), in the order in which the jobs end.
    """
    if not jobs:
        return
    with show_progress(progress) as advance:
        for number, outcome in run_jobs(function, jobs, placement, worker_count(placement.max_processes), fatal):
            advance(number, not is_failure(outcome))
            yield number, outcome


def call_checked(code: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function in a worker whose loaded code has the hash `code`; see `check_loaded_code`."""
    check_loaded_code(code, function)
    return function(*arguments)


def check_loaded_code(code: str, function: Callable[..., Any]) -> None:
    """Check that this worker has loaded the code of a function that has the hash `code`.

    Raises:
        CodeMismatchError: if this process has loaded other code than the stage that names the items by its hash.
    """
    if loaded_code_hash(function.__module__) != code:
        raise CodeMismatchError(
            f"the worker on {platform.node()} has loaded other code of {function.__module__} than this stage; start "
            "the workers anew (they keep the code that they began with), from the same checkout"
        )


def is_failure(outcome: Any) -> bool:
    """Whether the outcome of a job is the exception that it raised."""
    return isinstance(outcome, BaseException)


def describe_error(error: BaseException) -> str:
    """Return the type and message of an error; for a programming error also the file and line."""
    text = f"{type(error).__name__}: {error}"
    if isinstance(error, ValueError | OSError):
        return text
    frames = traceback.extract_tb(error.__traceback__)
    return text + (f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else "")
