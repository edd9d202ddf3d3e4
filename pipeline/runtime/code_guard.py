"""Runs a stage and checks that its code has not changed meanwhile: DVC hashes dependencies after the command ends."""

from collections.abc import Callable
from pathlib import Path

from pipeline.params.check import load_params
from pipeline.params.whole import Params
from pipeline.runtime.errors import CodeChangedError
from pipeline.runtime.project_code import file_hash


def run_guarded(
    main: Callable[..., None],
    module: str,
    paths: list[Path],
    imported_by_name: Callable[[Params], str] | None = None,
) -> None:
    """Check all of params.yaml, run `main(params, *paths)`, and check that the code of `module` is unchanged.

    Args:
        main: the stage.
        module: of the stage.
        paths: of its command line.
        imported_by_name: returns the module that the stage imports by a name in params.yaml, not by a statement.

    Raises:
        ParamsError: before any work, if params.yaml holds a value that is not allowed.
        CodeChangedError: after the work, if the code changed meanwhile.
    """
    params = load_params(Path("params.yaml"))
    modules = [module, *([imported_by_name(params)] if imported_by_name else [])]
    before = [file_hash(name) for name in modules]
    main(params, *paths)
    if [file_hash(name) for name in modules] != before:
        raise CodeChangedError(
            f"the code of {module} changed while it ran. Finished work is kept under the code that made it: "
            "restore that code and run again to have it in seconds, or run again for the new code"
        )
