"""The number of worker processes, set by MSN_WORKERS."""

import os


def worker_count(limit: int | None = None) -> int:
    """Return MSN_WORKERS, or else the number of processors that this process may use, at most `limit`.

    Raises:
        ValueError: if MSN_WORKERS is not a whole number from 1.
    """
    value = os.environ.get("MSN_WORKERS")
    if not value:
        processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return min(processors, limit or processors)
    if not value.isdecimal() or int(value) < 1:
        raise ValueError(f"MSN_WORKERS is {value!r}; allowed: a whole number from 1")
    return int(value)
