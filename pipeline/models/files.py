"""The files of a model folder: weights or other arrays, and their description.

Nothing in a model folder is ever unpickled: arrays are in a safetensors file, everything else is JSON.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.runtime.atomic import write_text_atomically
from pipeline.runtime.damage import make_dvc_look_again
from pipeline.runtime.file_digest import file_digest

WEIGHTS = "weights.safetensors"

DESCRIPTION = "description.json"

WEIGHTS_HASH = "weights_sha256"  # key of description.json: the SHA-256 of the file of the weights

Shape = tuple[int | None, ...]  # of an array; None allows every length of an axis


class WeightsError(ValueError):
    """Weights that do not fit; the message names the file and every key that is missing, unexpected or misshapen."""


def misfits(
    allowed: Mapping[str, Shape], shapes: Mapping[str, Shape], faults: Mapping[str, str] | None = None
) -> list[str]:
    """Return a line for every array that is missing, unexpected or misshapen, or has another fault.

    Args:
        allowed: the shapes that the arrays must have, by name.
        shapes: those that they have.
        faults: what else is wrong with an array, by name.

    Examples:
        >>> misfits({"a": (2, None), "b": (3,)}, {"a": (4, 1), "c": ()})
        ['missing: b', 'unexpected: c', 'shape of a: (4, 1); allowed: (2, any)']
    """
    problems = [f"missing: {name}" for name in sorted(allowed.keys() - shapes.keys())]
    problems += [f"unexpected: {name}" for name in sorted(shapes.keys() - allowed.keys())]
    for name in sorted(allowed.keys() & shapes.keys()):
        if not _fits(shapes[name], allowed[name]):
            expected = str(allowed[name]).replace("None", "any")
            problems.append(f"shape of {name}: {shapes[name]}; allowed: {expected}")
        elif faults and name in faults:
            problems.append(f"{faults[name]}: {name}")
    return problems


def _fits(shape: Shape, allowed: Shape) -> bool:
    return len(shape) == len(allowed) and all(a in (None, length) for a, length in zip(allowed, shape, strict=True))


def add_to_description(folder: Path, values: Mapping[str, Any]) -> None:
    """Add entries to the description.json in a folder; without that file it is created."""
    path = folder / DESCRIPTION
    present = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    text = json.dumps({**present, **values}, indent=2, sort_keys=True, allow_nan=False) + "\n"
    write_text_atomically(path, text)  # a new file: the present one may be linked to the artifact store


def record_weights(folder: Path) -> None:
    """Add the hash of the weights in a folder to its description, by which damage is found later."""
    add_to_description(folder, {WEIGHTS_HASH: file_digest(folder / WEIGHTS)})


def check_weights(path: Path) -> None:
    """Compare a file of weights with the hash in the description beside it, if there is one.

    Raises:
        WeightsError: if they differ; the message names the file.
    """
    if path.name != WEIGHTS or not path.is_file() or not (path.parent / DESCRIPTION).is_file():
        return
    description = read_description_values(path.parent)
    if WEIGHTS_HASH in description and (recorded := description[WEIGHTS_HASH]) != (actual := file_digest(path)):
        make_dvc_look_again([path, path.parent / DESCRIPTION])
        raise WeightsError(
            f"{path}: damaged or replaced: its SHA-256 is {actual}, but {DESCRIPTION} says {recorded}; make the model "
            "folder again (`dvc repro`), or take a whole copy of it"
        )


def read_description_values(folder: Path) -> dict[str, Any]:
    """Return the content of description.json.

    Raises:
        WeightsError: if there is none, or it is no JSON object.
    """
    path = folder / DESCRIPTION
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise WeightsError(f"{path}: no such file; every model folder that this project writes has it") from None
    except ValueError as error:
        raise WeightsError(f"{path}: not valid JSON: {error}") from None
    if not isinstance(values, dict):
        raise WeightsError(f"{path}: not a JSON object")
    return values
