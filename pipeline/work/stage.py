"""What every stage does around its own work: check all parameters, take its paths, watch over its code."""

import inspect
import logging
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.logging import RichHandler

from pipeline.params import ParamsError, load_params
from pipeline.work.code import file_hash
from pipeline.work.disk import naming_the_full_disk
from pipeline.work.launch import is_first, through_launcher
from pipeline.work.lifetime import end_with_parent
from pipeline.work.workers import WorkFailedError


class CodeChangedError(RuntimeError):
    """The stage's code changed while it ran, so its outputs would be recorded under code that did not make them."""


def run_stage(main: Callable[..., None], many_processes: bool = False) -> None:
    """Run a stage from the command line: `main(params, *paths)`, the paths in the order of its signature.

    One for `many_processes` runs in as many as the launcher of MSN_LAUNCH starts, if there is one.

    Ends the process with status 1 and a message where a parameter, an input or an item is wrong, and with 2 where
    the number of paths is.
    """
    module = sys.modules["__main__"].__spec__
    name = module.name if module else main.__module__
    start_log()
    names = list(inspect.signature(main).parameters)[1:]
    if len(sys.argv) != len(names) + 1:
        sys.exit(f"usage: python -m {name} {' '.join(names)}")
    if "DVC_ROOT" in os.environ:
        end_with_parent()  # else a killed `dvc repro` leaves this stage running beside the next one
    try:
        if many_processes:
            load_params()  # what is wrong there is said once
            through_launcher(name, sys.argv[1:])
        run(main, name, [Path(text) for text in sys.argv[1:]])
    except (ParamsError, WorkFailedError, CodeChangedError, ValueError, OSError) as error:
        logging.getLogger(name).debug("", exc_info=True)
        sys.exit(f"{name}: {error}")


def start_log() -> None:
    """Log to stderr: in colours on a terminal, else each message on one line, for files and `grep`.

    Of the processes that a launcher started all but the first are silent until something is wrong.
    """
    level = logging.INFO if is_first() else logging.WARNING
    if sys.stderr.isatty():
        handler = RichHandler(console=Console(stderr=True), show_path=False)
        logging.basicConfig(level=level, format="%(message)s", handlers=[handler])
    else:
        line = "%(asctime)s %(levelname)s %(message)s"
        logging.basicConfig(level=level, format=line, datefmt="%d %b %H:%M:%S")


def run(main: Callable[..., None], name: str, paths: list[Path]) -> None:
    """Check params.yaml as a whole, run `main`, and see that the code of module `name` is still what it was.

    Raises:
        ParamsError: before any work, where params.yaml holds something that is not allowed.
        CodeChangedError: after the work, where the code changed meanwhile.
    """
    params = load_params(Path("params.yaml"))
    before = file_hash(name)
    main(params, *paths)
    if file_hash(name) != before:
        raise CodeChangedError(
            f"the code of {name} changed while it ran. Finished work is kept under the code that made it: "
            "restore that code and run again to have it in seconds, or run again for the new code"
        )


@contextmanager
def fresh(path: Path) -> Iterator[Path]:
    """Yield an empty folder beside `path` that takes its place when the block ends well; nothing is half-written.

    Raises:
        DiskFullError: where the block ended for want of space.
    """
    partial = path.with_name(path.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        with naming_the_full_disk(path):
            yield partial
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    if path.exists():
        shutil.rmtree(path)
    os.rename(partial, path)
