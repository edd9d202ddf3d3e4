"""Reading of the project's own JSON files: an error names the file."""

import json
from pathlib import Path
from typing import Any

from pipeline.runtime.damage import DamagedError, make_dvc_look_again


def read_json(path: Path) -> dict[str, Any]:
    """Return the JSON object in `path`.

    Raises:
        DamagedError: if the file is missing or holds no JSON object; the message names it.
    """
    try:
        values = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise DamagedError(f"{path}: no such file") from None
    except ValueError as error:
        values, problem = None, str(error)
    else:
        problem = "no JSON object"
    if not isinstance(values, dict):
        make_dvc_look_again([path])
        raise DamagedError(f"{path}: damaged ({problem})")
    return values
