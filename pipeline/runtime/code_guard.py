"""Runs a stage and checks that its code has not changed meanwhile: DVC hashes dependencies after the command ends."""

from collections.abc import Callable
from pathlib import Path

from pipeline.params_check import load_params
from pipeline.runtime.errors import CodeChangedError
from pipeline.runtime.project_code import file_hash


def run_guarded(main: Callable[..., None], module: str, paths: list[Path]) -> None:
    """Check all of params.yaml, run `main(params, *paths)`, and check that the code of `module` is unchanged.

    Raises:
        ParamsError: before any work, if params.yaml holds a value that is not allowed.
        CodeChangedError: after the work, if the code changed meanwhile.
    """
    params = load_params(Path("params.yaml"))
    before = file_hash(module)
    main(params, *paths)
    if file_hash(module) != before:
        raise CodeChangedError(
            f"the code of {module} changed while it ran. Finished work is kept under the code that made it: "
            "restore that code and run again to have it in seconds, or run again for the new code"
        )
