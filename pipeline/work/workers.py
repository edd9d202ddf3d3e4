"""Work through many independent items: finished ones are reused, failures are told after all others are done."""

import logging
import os
import platform
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.work.cluster import Place, run_jobs
from pipeline.work.code import code_hash, loaded_code_hash
from pipeline.work.disk import DiskFullError
from pipeline.work.finished import FinishedWork
from pipeline.work.progress import Tally, shown

logger = logging.getLogger(__name__)
ANYWHERE = Place()


@dataclass(frozen=True)
class Task:
    """One item to make.

    Attributes:
        name: its folder in the output.
        source: all that shapes it but the code: content hashes and parameters, as JSON values.
        arguments: what the function gets after the folder to fill.
        work: how much there is to do, in any unit: what the time left is reckoned by.
    """

    name: str
    source: Mapping[str, Any]
    arguments: tuple[Any, ...]
    work: float = 1


class WorkFailedError(RuntimeError):
    """Some items could not be made; the message names each. The others are finished and stay in the store."""


class OtherCodeError(ValueError):
    """A worker has loaded other code than the stage that sends it work."""


def worker_count(most: int | None = None) -> int:
    """How many workers: MSN_WORKERS, else the processors this process may use, up to `most`.

    Raises:
        ValueError: where MSN_WORKERS is not a whole number from 1.
    """
    asked = os.environ.get("MSN_WORKERS")
    if not asked:
        found = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return min(found, most or found)
    if not asked.isdecimal() or int(asked) < 1:
        raise ValueError(f"MSN_WORKERS is {asked!r}; allowed: a whole number from 1")
    return int(asked)


def make_all(
    kind: str,
    function: Callable[..., None],
    tasks: Sequence[Task],
    output: Path,
    label: str,
    things: str = "items",
    unit: str = "",
    place: Place = ANYWHERE,
) -> None:
    """Make every task's item, or find it in the store of finished work, and link it to `output`/name.

    Args:
        kind: the kind of item, which names its part of the store.
        function: called as `function(folder, *task.arguments)` in a worker; fills `folder` and nothing else. It is
            deterministic and stands at the top level of a library module.
        tasks: what to make; names are unique, paths in arguments absolute.
        output: an existing folder.
        label: what is being done, for the progress: `aligning`.
        things: what the items are: `recordings`.
        unit: what `Task.work` is counted in: `frames`; with an empty one no speed is told.
        place: where the items are made.

    Raises:
        WorkFailedError: after all other items are finished, naming each that is not and why; with the first that
            finds the disk full, after those already begun.
    """
    store = FinishedWork(kind)
    store.sweep()
    keys = [store.key(task.source, function) for task in tasks]
    largest_first = sorted(
        zip(keys, tasks, strict=True), key=lambda pair: -pair[1].work
    )  # else one ends long after all
    waiting = {key: task for key, task in largest_first if store.find(key) is None}
    if reused := sum(key not in waiting for key in keys):
        logger.info("%s: %d of %d were finished before", label, reused, len(tasks))
    code = code_hash(function.__module__)
    jobs = [(kind, store.folder.parent, key, code, function, task.arguments) for key, task in waiting.items()]
    tally = Tally(label, [task.work for task in waiting.values()], things, unit)
    order = list(waiting)
    failures = {order[n]: outcome for n, outcome in _run(_make, jobs, tally, place, DiskFullError) if _failed(outcome)}
    if failures:
        finished = sum(store.find(key) is not None for key in keys)
        raise WorkFailedError(_told(label, list(zip(keys, tasks, strict=True)), failures, finished))
    for key, task in zip(keys, tasks, strict=True):
        store.deliver(key, output / task.name)


def _told(label: str, tasks: Sequence[tuple[str, Task]], failures: Mapping[str, BaseException], finished: int) -> str:
    """What to say of items that failed, by their keys; equal content has one key, so all tasks of a key fail with it.

    A full disk is said once, by the first item that found it, and tells nothing of the items that found it as well.
    """
    full = next((key for key, error in failures.items() if isinstance(error, DiskFullError)), None)
    named = {key: error for key, error in failures.items() if key == full or not isinstance(error, DiskFullError)}
    lines = sorted(f"  {task.name}: {reason(named[key])}" for key, task in tasks if key in named)
    if full is None:
        about = f"{len(lines)} of {len(tasks)} failed; the others are finished and will not be redone"
    else:
        about = f"stopped for want of room; {finished} of {len(tasks)} are finished and will not be redone"
    return "\n".join([f"{label}: {about}:", *lines])


def map_items(function: Callable[..., Any], items: Sequence[Any], label: str, *given: Any) -> list[Any]:
    """Call `function(*given, item)` for every item in the workers; results come back in the order of `items`.

    Paths are absolute: workers may run in another folder.

    Raises:
        WorkFailedError: after all others are done, naming each item that failed and why.
    """
    outcomes = attempt(function, [(item,) for item in items], Tally(label, [1] * len(items)), ANYWHERE, *given)
    pairs = zip(items, outcomes, strict=True)
    if failures := [f"  {item}: {reason(outcome)}" for item, outcome in pairs if _failed(outcome)]:
        raise WorkFailedError(f"{label}: {len(failures)} of {len(items)} failed:\n" + "\n".join(failures))
    return outcomes


def attempt(
    function: Callable[..., Any], calls: Sequence[tuple[Any, ...]], tally: Tally, place: Place, *given: Any
) -> list[Any]:
    """Call `function(*given, *call)` for every call in the workers.

    Returns:
        What each call returned, or the exception it ended with, in the order of `calls`.
    """
    code = code_hash(function.__module__)
    jobs = [(code, function, *given, *call) for call in calls]
    outcomes = dict(_run(_call, jobs, tally, place))
    return [outcomes[number] for number in range(len(calls))]


def _run(
    function: Callable[..., Any],
    jobs: Sequence[tuple[Any, ...]],
    tally: Tally,
    place: Place,
    fatal: type[Exception] | None = None,
) -> Iterator[tuple[int, Any]]:
    """Yield (number of the job, its result or the exception it ended with) as the jobs end, and show how far it is."""
    if not jobs:
        return
    with shown(tally) as advance:
        for number, outcome in run_jobs(function, jobs, place, worker_count(place.most), fatal):
            advance(number, not _failed(outcome))
            yield number, outcome


def _make(
    kind: str, root: Path, key: str, code: str, function: Callable[..., None], arguments: tuple[Any, ...]
) -> None:
    """Make an item, in a worker."""
    FinishedWork(kind, root).make(key, lambda folder: _call(code, function, folder, *arguments))


def _call(code: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function, in a worker.

    Raises:
        OtherCodeError: where this process has loaded other code than the stage, by which items are named.
    """
    if loaded_code_hash(function.__module__) != code:
        raise OtherCodeError(
            f"the worker on {platform.node()} has loaded other code of {function.__module__} than this stage; start "
            "the workers anew (they keep the code that they began with), from the same checkout"
        )
    return function(*arguments)


def _failed(outcome: Any) -> bool:
    return isinstance(outcome, BaseException)


def reason(error: BaseException) -> str:
    """What to tell of a failure: the message of an error meant for people, else where it happened as well."""
    text = f"{type(error).__name__}: {error}"
    if isinstance(error, ValueError | OSError):
        return text
    frames = traceback.extract_tb(error.__traceback__)
    return text + (f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else "")
