"""Model folders of estimators without a network: named arrays in a safetensors file."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from pipeline.models.files import WEIGHTS, WeightsError
from pipeline.runtime.atomic import atomic_file

Shape = tuple[int | None, ...]  # of an array; None allows every length of an axis


def save_arrays(folder: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays to the existing `folder`."""
    with atomic_file(folder / WEIGHTS) as partial:
        save_file({name: np.array(array, order="C") for name, array in sorted(arrays.items())}, partial)


def load_arrays(folder: Path, shapes: Mapping[str, Shape]) -> dict[str, np.ndarray]:
    """Read the arrays that `save_arrays` wrote.

    Args:
        folder: the model folder.
        shapes: the name and the shape of each array that must be there.

    Raises:
        WeightsError: if the file is missing or has another format, or arrays are missing, unexpected, misshapen or not
            finite; the message names each.
    """
    path = folder / WEIGHTS
    if not path.is_file():
        raise WeightsError(f"{path}: no such file")
    try:
        arrays = load_file(path)
    except SafetensorError as error:
        raise WeightsError(f"{path}: not a safetensors file ({error})") from None
    problems = [f"missing: {name}" for name in sorted(shapes.keys() - arrays.keys())]
    problems += [f"unexpected: {name}" for name in sorted(arrays.keys() - shapes.keys())]
    for name in sorted(shapes.keys() & arrays.keys()):
        if not _fits(arrays[name].shape, shapes[name]):
            allowed = ", ".join("any" if length is None else str(length) for length in shapes[name])
            problems.append(f"shape of {name}: {arrays[name].shape}; allowed: ({allowed})")
        elif not np.isfinite(arrays[name]).all():
            problems.append(f"not finite: {name}")
    if problems:
        raise WeightsError("\n  ".join([f"{path}: not the arrays of this estimator:", *problems]))
    return arrays


def _fits(shape: tuple[int, ...], allowed: Shape) -> bool:
    return len(shape) == len(allowed) and all(a in (None, length) for a, length in zip(allowed, shape, strict=True))
