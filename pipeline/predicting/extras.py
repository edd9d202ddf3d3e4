"""Files that are written beside an estimate: figures and overlays. One that cannot be written loses no estimate."""

from collections.abc import Callable
from pathlib import Path

from pipeline.parallel.workers import describe_error


def try_write(path: Path, write: Callable[[], None]) -> tuple[str, ...]:
    """Call `write`, which writes `path`; return a message that names the file if that fails, else nothing.

    Every error is caught, because the estimate is finished and must be shown.
    """
    try:
        write()
    except Exception as error:
        return (f"{path}: {error if isinstance(error, OSError) else describe_error(error)}",)
    return ()
