"""The geometry of faces: the preprocessing that a model was fitted to, compared with that of other sequences."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pipeline.models.input_spec import InputSpec
from pipeline.models.preprocessing import Preprocessing, differences
from pipeline.zarr_store import read_attributes


class GeometryMismatchError(ValueError):
    """Faces differ in their preprocessing from weights or from other faces; the message names every differing key."""


def read_preprocessing(sequence: Path) -> Preprocessing:
    """Read how the faces of a sequence were made.

    Raises:
        ValueError: if the sequence does not record it, because other code wrote it.
    """
    try:
        return Preprocessing.from_json(read_attributes(sequence).get("preprocessing", {}))
    except (KeyError, ValueError) as error:
        raise ValueError(f"{sequence}: {error}; make it anew") from None


def input_spec_of(sequences: Sequence[Path], absent: str, order: str) -> InputSpec:
    """Return the input specification of a model that is fitted to these recordings.

    Args:
        sequences: the folders of their sequences, at least one.
        absent: clip.absent.
        order: clip.order.

    Raises:
        GeometryMismatchError: if they differ in their preprocessing.
        ValueError: if every recording is a single frame.
    """
    first = read_preprocessing(sequences[0])
    for folder in sequences[1:]:
        if (preprocessing := read_preprocessing(folder)) != first:
            expected, actual = _flatten(first), _flatten(preprocessing)
            keys = ", ".join(differences(expected, actual))
            raise GeometryMismatchError(f"{sequences[0]} and {folder} were made differently: {keys}; make them anew")
    rates = [rate for folder in sequences if (rate := read_attributes(folder)["fps"]) > 0]
    if not rates:
        raise ValueError(f"{sequences[0].parent}: every recording is a single frame; allowed: videos")
    slowest, median, fastest = (round(float(value), 4) for value in (min(rates), np.median(rates), max(rates)))
    return InputSpec(first, absent, (slowest, median, fastest), order)


def check_geometry(model: Path, input_spec: InputSpec, sequences: Sequence[Path]) -> None:
    """Check that recordings have the geometry of those that a model was fitted to.

    Args:
        model: the folder of the model.
        input_spec: of the model.
        sequences: folders of the recordings' sequences.

    Raises:
        GeometryMismatchError: naming every key that differs.
    """
    expected = input_spec.preprocessing.geometry
    for folder in sequences:
        if keys := differences(expected, read_preprocessing(folder).geometry):
            raise GeometryMismatchError(f"{model}: made for another geometry than {folder}: {', '.join(keys)}")


def _flatten(preprocessing: Preprocessing) -> dict[str, object]:
    return {f"{part}.{name}": value for part, keys in preprocessing.to_json().items() for name, value in keys.items()}
