"""The command line of every stage: checks the parameters, passes the paths on, and reports errors."""

import inspect
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from pipeline.params.check import load_params
from pipeline.params.controls import control_warning
from pipeline.params.errors import ParamsError
from pipeline.params.whole import Params
from pipeline.runtime.code_guard import run_guarded
from pipeline.runtime.errors import CodeChangedError, ItemsFailedError
from pipeline.runtime.inputs import check_inputs
from pipeline.runtime.log import start_logging
from pipeline.runtime.parent_death import end_with_parent
from pipeline.runtime.stage_times import note_time
from pipeline.runtime.termination import exit_on_signals
from pipeline.runtime.visible import visible_lines

Launch = Callable[[str, Sequence[str]], None]


def run_stage(
    main: Callable[..., None], launch: Launch | None = None, imported_by_name: Callable[[Params], str] | None = None
) -> None:
    """Run a stage from the command line: `main(params, *paths)`, with the paths in the order of its signature.

    A run that is a control says so. The process ends with status 1 and a message if a parameter, an input or an item
    is wrong, or if the number of paths is. On SIGTERM and SIGHUP it removes what it has not finished.

    Args:
        main: the stage.
        launch: called with the module and its arguments before `main`; it may replace this process by a launcher
            that starts the stage in many processes (see `pipeline.training.launcher`).
        imported_by_name: returns the module that the stage imports by a name in params.yaml; its code is guarded too.
    """
    spec = sys.modules["__main__"].__spec__
    module = spec.name if spec else main.__module__
    start_logging()
    names = list(inspect.signature(main).parameters)[1:]
    if len(sys.argv) != len(names) + 1:
        sys.exit(f"usage: python -m {module} {' '.join(names)}")
    if "DVC_ROOT" in os.environ:
        end_with_parent()  # else a killed `dvc repro` leaves this stage running beside the next one
    try:
        if launch is not None:
            load_params()  # before the launch, so that a wrong parameter is reported once
            launch(module, sys.argv[1:])
        paths = [Path(text) for text in sys.argv[1:]]
        stage = module.rpartition(".")[2]
        check_inputs(stage, paths)
        if warning := control_warning(load_params().model_dump(mode="json")):
            logging.getLogger(module).warning(warning)
        with exit_on_signals():
            run_guarded(main, module, paths, imported_by_name)
        note_time(stage, load_params().model_dump(mode="json"))
    except (ParamsError, ItemsFailedError, CodeChangedError, ValueError, OSError) as error:
        logging.getLogger(module).debug("", exc_info=True)
        sys.exit(visible_lines(f"{module}: {error}"))
