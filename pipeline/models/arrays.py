"""Model folders of estimators without a network: named arrays in a safetensors file."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from pipeline.models.files import WEIGHTS, Shape, WeightsError, check_weights, misfits, record_weights
from pipeline.runtime.atomic import atomic_file


def save_arrays(folder: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays, and their hash as a description, to the existing `folder`."""
    write_arrays(folder / WEIGHTS, arrays)
    record_weights(folder)


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays as a safetensors file, atomically; arrays of any layout in memory are written by their values."""
    with atomic_file(path) as partial:
        save_file({name: np.array(array, order="C") for name, array in sorted(arrays.items())}, partial)


def load_arrays(folder: Path, shapes: Mapping[str, Shape]) -> dict[str, np.ndarray]:
    """Read the arrays that `save_arrays` wrote.

    Args:
        folder: the model folder.
        shapes: the name and the shape of each array that must be there.

    Raises:
        WeightsError: if the file is missing, has another format or is not the one described, or arrays are missing,
            unexpected, misshapen or not finite; the message names each.
    """
    path = folder / WEIGHTS
    if not path.is_file():
        raise WeightsError(f"{path}: no such file")
    check_weights(path)
    try:
        arrays = load_file(path)
    except SafetensorError as error:
        raise WeightsError(f"{path}: not a safetensors file ({error})") from None
    faults = {name: "not finite" for name, array in arrays.items() if not np.isfinite(array).all()}
    if problems := misfits(shapes, {name: array.shape for name, array in arrays.items()}, faults):
        raise WeightsError("\n  ".join([f"{path}: not the arrays of this estimator:", *problems]))
    return arrays
