"""What sequences say of how they were made: kept with the weights that they fit, asked of those that are estimated."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pipeline.models.description import Description
from pipeline.models.input_spec import InputSpec
from pipeline.models.preprocessing import Preprocessing, differences
from pipeline.params import Clip
from pipeline.zarr_store import read_attributes


class GeometryMismatchError(ValueError):
    """Faces and weights, or faces and faces, were not made alike; the message names every key that differs."""


def read_preprocessing(sequence: Path) -> Preprocessing:
    """How the faces of a sequence were made.

    Raises:
        ValueError: where it does not say, for other code wrote it.
    """
    try:
        return Preprocessing.from_json(read_attributes(sequence).get("preprocessing", {}))
    except (KeyError, ValueError) as error:
        raise ValueError(f"{sequence}: {error}; make it anew") from None


def input_spec_of(sequences: Sequence[Path], absent: str) -> InputSpec:
    """The footage that some recordings are.

    Args:
        sequences: their folders, at least one.
        absent: clip.absent.

    Raises:
        OtherGeometryError: where they were not all made alike.
        ValueError: where none of them lasts.
    """
    first = read_preprocessing(sequences[0])
    for folder in sequences[1:]:
        if (found := read_preprocessing(folder)) != first:
            flat, other = _flat(first), _flat(found)
            parts = ", ".join(differences(flat, other))
            raise GeometryMismatchError(f"{sequences[0]} and {folder} were made differently: {parts}; make them anew")
    rates = [rate for folder in sequences if (rate := read_attributes(folder)["fps"]) > 0]
    if not rates:
        raise ValueError(f"{sequences[0].parent}: every recording is a single frame; allowed: videos")
    slowest, median, fastest = (round(float(value), 4) for value in (min(rates), np.median(rates), max(rates)))
    return InputSpec(first, absent, (slowest, median, fastest))


def check_geometry(model: Path, description: Description, sequences: Sequence[Path], clip: Clip) -> None:
    """See that recordings were made as those that a network was fitted to.

    Args:
        model: the folder of its weights.
        description: of them.
        sequences: folders of the recordings.
        clip: how long their clips are to be.

    Raises:
        OtherGeometryError: naming all that differs, or that the weights do not say what they were fitted to.
    """
    if description.footage is None:
        raise GeometryMismatchError(f"{model}: says nothing of the faces it was fitted to; fit it anew")
    wanted = {"clip.length": description.clip, **description.footage.preprocessing.geometry}
    for folder in sequences:
        found = {"clip.length": clip.length, **read_preprocessing(folder).geometry}
        if other := differences(wanted, found):
            raise GeometryMismatchError(f"{model}: made for another geometry than {folder}: {', '.join(other)}")


def _flat(made: Preprocessing) -> dict[str, object]:
    return {f"{part}.{name}": value for part, keys in made.to_json().items() for name, value in keys.items()}
